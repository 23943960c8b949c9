# Starts NextIM with one site for an example, in a folder that goes with it. Sourced by the `run` scripts:
#
#   start_nextim NAME SETTING=VALUE...    makes the site and serves; sets NEXTIM_URL, PUBLIC_KEY, TOKEN_SECRET
#   site_pages ADDRESS                    says where the site's pages are (origins), and prints it
#   free_port                             prints a port of this machine that nobody has
#
# NEXTIM_BINARY is the program; without it, it is built.

examples="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
work="$(mktemp -d)"
pids=()

stop_all() {
  trap - EXIT INT TERM
  ((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap stop_all EXIT
trap 'exit 0' INT TERM

nextim() { (cd "$work" && "$NEXTIM_BINARY" "$@" --data "$work/data"); }

field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

start_nextim() {
  SITE="$1"
  if [[ -z ${NEXTIM_BINARY:-} ]]; then
    (cd "$examples/.." && cargo build --locked --release --bin nextim)
    NEXTIM_BINARY="$(cd "$examples/.." && realpath "${CARGO_TARGET_DIR:-target}/release/nextim")"
  fi
  local keys
  keys="$(nextim site add "$@" --json)"
  PUBLIC_KEY="$(field public_key <<<"$keys")"
  TOKEN_SECRET="$(field token_secret <<<"$keys")"
  [[ ! -f directory.ndjson ]] || nextim site sync "$SITE" "$PWD/directory.ndjson" >/dev/null
  (cd "$work" && exec "$NEXTIM_BINARY" serve --listen 127.0.0.1:0 --data "$work/data") >"$work/said" 2>"$work/log" &
  pids+=($!)
  until NEXTIM_URL="$(sed -n 's|.*listening on \(http://[^ ]*\)/$|\1|p' "$work/said")" && [[ -n $NEXTIM_URL ]]; do
    kill -0 "${pids[-1]}" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
    sleep 0.05
  done
  export SITE NEXTIM_URL PUBLIC_KEY TOKEN_SECRET
}

site_pages() {
  nextim site set "$SITE" "origins=$1" >/dev/null
  # The web server has just been started.
  until curl -s -o "$work/first" "$1/"; do
    kill -0 "${pids[-1]}" 2>/dev/null || exit 1
    sleep 0.05
  done
  echo "the page is at $1/"
}
