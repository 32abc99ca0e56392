# Completion of roomcastctl for bash. Written by `make docs`.
_roomcastctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} words=
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--config | --token-file | --key | --ca | check)
		if [[ $cur != -* ]]; then
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
		fi
		;;
	esac
	if ((COMP_CWORD == 1)); then
		words='status rooms connections tail publish kick health check reload drain listen token help --help --version'
	else
		case ${COMP_WORDS[1]} in
		status) words='--admin --token-file --config --timeout --json --help' ;;
		rooms) words='--prefix --sort --limit --all --admin --token-file --config --timeout --json --help' ;;
		connections) words='--user --room --address --sort --limit --all --admin --token-file --config --timeout --json --help' ;;
		tail) words='--count --admin --token-file --config --timeout --json --help' ;;
		publish) words='--room --user --connection --except --text --message --binary --no-keep --envelope --admin --token-file --config --timeout --json --help' ;;
		kick) words='--user --room --connection --code --reason --admin --token-file --config --timeout --json --help' ;;
		health) words='--ready --admin --token-file --config --timeout --json --help' ;;
		check) words='--config --help' ;;
		reload) words='--admin --token-file --config --timeout --json --help' ;;
		drain) words='--admin --token-file --config --timeout --json --help' ;;
		listen) words='--count --since --header --subprotocol --ca --cert --key --max-size --no-reconnect --timeout --json --help' ;;
		token) words='--auth --user --room --claim --expires --key --kid --config --help' ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _roomcastctl roomcastctl
