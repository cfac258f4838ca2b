#!/bin/sh
# Installs quarterhour from the wheels beside this file. Nothing is downloaded.
# PYTHON=/path/to/python@PYTHON@ names the Python to use.
set -eu
cd -- "$(dirname -- "$0")"
unset PYTHONHOME PYTHONPATH
export PIP_CONFIG_FILE=/dev/null PIP_DISABLE_PIP_VERSION_CHECK=1
right='import struct, sys; sys.exit(sys.version_info[:2] != (@MAJOR@, @MINOR@) or struct.calcsize("P") != 8)'

works() {
  "$1" -c "$right" >/dev/null 2>&1
}

if ! works .venv/bin/python; then
  found=
  for name in "${PYTHON:-}" python@PYTHON@ python3 python; do
    if [ -n "$name" ] && works "$name"; then
      found=$name
      break
    fi
  done
  if [ -z "$found" ]; then
    echo "Python @PYTHON@ was not found. Install it, or name it: PYTHON=/path/to/python@PYTHON@ sh install.sh" >&2
    exit 2
  fi
  echo "Making .venv with Python @PYTHON@ ..."
  "$found" -m venv --clear .venv
fi

echo "Installing, this takes a few minutes ..."
.venv/bin/python -m pip install --quiet --no-index --find-links wheels --require-hashes -r requirements.txt
cat > quarterhour <<'END'
#!/bin/sh
exec "$(dirname -- "$(readlink -f -- "$0")")/.venv/bin/python" -m quarterhour "$@"
END
chmod +x quarterhour
.venv/bin/python -m quarterhour --version
echo "Done. Begin with:  ./quarterhour demo --size small"
