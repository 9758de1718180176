#!/bin/sh
# Starts Sibangkit Geo by a double click (macOS), or as: sh Sibangkit.command [FOLDER] (Linux).
# Looks for .venv beside this file and up to two folders above, then for an installed sibangkit.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
run=
for near in "$here/.venv" "$here/../.venv" "$here/../../.venv"; do
  if [ -z "$run" ] && [ -x "$near/bin/sibangkit" ]; then
    run=$near/bin/sibangkit
  fi
done
if [ -z "$run" ]; then
  run=$(command -v sibangkit || true)
fi
code=1
if [ -z "$run" ]; then
  echo "Sibangkit Geo belum terpasang: .venv tidak ada di dekat berkas ini, dan perintah sibangkit tidak ditemukan."
  echo "Pasang menurut README, lalu buka lagi berkas ini."
elif [ -n "${1:-}" ]; then
  "$run" mulai -- "$1"
  code=$?
else
  "$run" mulai
  code=$?
fi
# the window stays until it was read
if [ -t 0 ]; then
  printf '\nTekan Enter untuk menutup jendela ini. '
  read -r _ || true
fi
exit "$code"
