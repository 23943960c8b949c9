# shellcheck shell=bash
# What the runs in tests/tokens, tests/rest, tests/nginx and tests/people need and this machine lacks: from Debian and PyPI. For sourcing.

# Everything that is fetched stands here, outside the tree.
nextim_cache() {
  local folder="${XDG_CACHE_HOME:-${HOME:?is not set: set XDG_CACHE_HOME}/.cache}/nextim-tests"
  mkdir -p "$folder"
  (cd "$folder" && pwd)
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "please run, as root: $*" >&2
    return 1
  fi
}

apt_update() { as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq; }

apt_install() {
  apt_update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

# A Python of 3.10 or later that can make virtual environments: a version manager's may stand before Debian's.
find_python() {
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then
      echo "$python"
      return
    fi
  done
  return 1
}

need_python() { find_python >/dev/null || apt_install python3 python3-venv >&2; }
