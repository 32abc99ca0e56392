"""Other servers, brought by packages, that do the same job."""
