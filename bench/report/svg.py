"""Just enough SVG for the bench's figures: a drawing in one of two themes,
text, bars and lines, and labels that keep out of each other's way."""

import html

FONT = ("system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', "
        "'Liberation Sans', Arial, sans-serif")

# Those of GitHub's pages, where the figures stand on the page's own ground.
THEMES = {
    "light": {"text": "#1f2328", "muted": "#59636e", "grid": "#d1d9e0",
              "ours": "#0969da", "ours too": "#54aeff", "peer": "#afb8c1",
              "bare": "#d8dee4",
              "hues": ("#d55e00", "#009e73", "#a5569a", "#b58900", "#5b6cc9",
                       "#8c5a3c", "#c2255c", "#0b7285", "#6b8e23", "#343a40")},
    "dark": {"text": "#f0f6fc", "muted": "#9198a1", "grid": "#3d444d",
             "ours": "#4493f8", "ours too": "#1f5fb0", "peer": "#656c76",
             "bare": "#444c56",
             "hues": ("#f0883e", "#3fb68b", "#d38ac8", "#d9b43a", "#9aa7f5",
                      "#c49a7c", "#f783ac", "#66d9e8", "#a9d13c", "#ced4da")},
}


class Drawing:
    """One SVG file. Coordinates are pixels from the upper left corner."""

    def __init__(self, width, height, theme, summary):
        self.width, self.height = width, height
        self.theme = THEMES[theme]
        self.parts = [f"<title>{html.escape(summary)}</title>"]

    def colour(self, name):
        return self.theme.get(name, name)

    def text(self, x, y, words, size=12, colour="text", anchor="start",
             weight=400):
        """Words whose middle is at the height y."""
        self.parts.append(
            f'<text x="{x:.1f}" y="{y + size * 0.35:.1f}" '
            f'font-size="{size}" font-weight="{weight}" '
            f'text-anchor="{anchor}" fill="{self.colour(colour)}">'
            f"{html.escape(words)}</text>")

    def bar(self, x, y, width, height, colour):
        """A bar from x to the right; never thinner than the eye can see."""
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1.5):.1f}" '
            f'height="{height:.1f}" rx="1.5" fill="{self.colour(colour)}"/>')

    def line(self, points, colour, width=1.0, dash=None):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke-width="{width}" '
            f'stroke-linejoin="round" stroke-linecap="round" '
            f'stroke="{self.colour(colour)}"{dashes}/>')

    def dot(self, x, y, radius, colour):
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" '
                          f'fill="{self.colour(colour)}"/>')

    def __str__(self):
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" '
            f'height="{self.height}" '
            f'viewBox="0 0 {self.width} {self.height}" role="img" '
            f'font-family="{FONT}">', *self.parts, "</svg>\n"])


def spread(wanted, gap):
    """Heights as near as can be to those wanted, at least gap apart, in the
    same order."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    groups = []  # of neighbours that touch: [sum of their centres, count]
    for i in order:
        groups.append([wanted[i], 1])
        while len(groups) > 1 and _touch(groups[-2], groups[-1], gap):
            total, count = groups.pop()
            groups[-1][0] += total
            groups[-1][1] += count
    places = [total / count + (i - (count - 1) / 2) * gap
              for total, count in groups for i in range(count)]
    result = [0.0] * len(wanted)
    for i, place in zip(order, places):
        result[i] = place
    return result


def _touch(above, below, gap):
    bottom = above[0] / above[1] + (above[1] - 1) / 2 * gap
    top = below[0] / below[1] - (below[1] - 1) / 2 * gap
    return top - bottom < gap
