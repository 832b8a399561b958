#!/usr/bin/env bash
# The part of check.sh that runs beside wine: check-inside.sh VERSION
set -euo pipefail
export WINEDEBUG=-all WINEPREFIX="$HOME/prefix"
version=$1
# what still runs would write into the next one's folder
trap 'wineserver -k || true; wineserver -w || true' EXIT
fail() { printf 'check: %s\n' "$*" >&2; exit 1; }
compile() { # version, variant
    (cd /tree && wine /inno/ISCC.exe /Qp "/DVersion=$1" "/DVariant=$2" 'packaging\windows\segdepth.iss') || fail "$2 does not compile"
}
install_it() { # version, further arguments
    wine "/tree/dist/SegDepth-$1-cpu-setup.exe" /VERYSILENT /SUPPRESSMSGBOXES /NORESTART '/LOG=C:\setup.log' "${@:2}"
}
try_it() { install_it "$@" || { tail -n 20 "$drive/setup.log" >&2; fail "$1 does not install"; }; }
# through a file: wine's console does not know every letter
value_of() { # key, name (@ for the default)
    wine reg export "$1" 'C:\key.reg' /y >/dev/null 2>&1 || return 0
    iconv -f UTF-16 -t UTF-8 "$drive/key.reg" | tr -d '\r' |
        KEY="[$1]" awk '/^\[/ { ours = tolower($0) == tolower(ENVIRON["KEY"]) } ours' |
        sed -n -e "s/^\"\{0,1\}$2\"\{0,1\}=\"\(.*\)\"\$/\1/p" | sed -e 's/\\\\/\\/g' -e 's/\\"/"/g'
    rm "$drive/key.reg"
}

rm -rf "$WINEPREFIX"
wineboot -i >/dev/null 2>&1
wine winecfg -v win10
drive="$WINEPREFIX/drive_c"
home=$(dirname "$(find "$drive/users" -maxdepth 2 -name AppData)")
menu="$home/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/SegDepth"
app="$drive/Größe µm/SegDepth 试样"
app_windows='C:\Größe µm\SegDepth 试样'
mkdir -p "$home/Documents/SegDepth/results" "$home/AppData/Local/SegDepth"
echo mine >"$home/Documents/SegDepth/results/kept.h5"
echo mine >"$home/AppData/Local/SegDepth/settings.ini"
before=$(cd "$drive" && find . -type f | sort)

compile 0.0.1 cpu
compile "$version" cpu
compile "$version" cuda
ls /tree/dist/SegDepth-*-cuda-setup-1.bin >/dev/null || fail "the CUDA variant is not split"

try_it 0.0.1 "/DIR=$app_windows" /TASKS=associate,desktopicon
for file in SegDepth.exe segdepth-worker.exe bin/segdepth.cmd _internal/base_library.zip unins000.exe; do
    [ -e "$app/$file" ] || fail "not installed: $file"
done
echo old >"$app/_internal/gone-in-the-new-version.dll"
[ -n "$(find "$home/Desktop/" -name SegDepth.lnk)" ] || fail "nothing on the desktop"
[ "$(find "$menu" -name '*.lnk' | wc -l)" = 3 ] || fail "the start menu has not its three entries"
for kind in Model Result; do
    command=$(value_of "HKEY_CURRENT_USER\\Software\\Classes\\SegDepth.$kind\\shell\\open\\command" @)
    [ "$command" = "\"$app_windows\\SegDepth.exe\" view \"%1\"" ] || fail "SegDepth.$kind is opened by: $command"
done
[ "$(value_of 'HKEY_CURRENT_USER\Software\Classes\.safetensors' @)" = SegDepth.Model ] || fail ".safetensors is not ours"
[ -z "$(value_of 'HKEY_CURRENT_USER\Software\Classes\.h5' @)" ] || fail ".h5 was taken"
said=$(cd /tmp && wine cmd /c "$app_windows\\bin\\segdepth.cmd" /c echo it works | tr -d '\r')
[ "$said" = "it works" ] || fail "segdepth.cmd says: $said"

# the folder of the first time is found again
try_it "$version"
[ ! -e "$app/_internal/gone-in-the-new-version.dll" ] || fail "a file of the old version stays"
key='HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Uninstall\{6E0D3E53-0C1B-4E0B-9B0E-5E6D70A1D110}_is1'
[ "$(value_of "$key" DisplayVersion)" = "$version" ] || fail "Windows' list of programs has the wrong version"

# neither installs nor uninstalls under a running SegDepth
(cd /tree && wine /inno/ISCC.exe /Qp /O/tree/dist /Fholder 'packaging\windows\check-mutex.iss')
wine /tree/dist/holder.exe /VERYSILENT &
for _ in $(seq 100); do [ -e "$drive/held" ] && break; sleep 0.2; done
[ -e "$drive/held" ] || fail "the stand-in for a running SegDepth did not start"
install_it "$version" && fail "it installs under a running SegDepth"
wine "$app/unins000.exe" /VERYSILENT /SUPPRESSMSGBOXES || true
[ -e "$app/SegDepth.exe" ] || fail "it uninstalls under a running SegDepth"
rm "$drive/held"
wait

# another program has taken .safetensors since
wine reg add 'HKEY_CURRENT_USER\Software\Classes\.safetensors' /ve /d Other.Program /f >/dev/null
wine "$app/unins000.exe" /VERYSILENT /SUPPRESSMSGBOXES
wineserver -w
after=$(cd "$drive" && find . -type f ! -path './users/*/Temp/*' ! -name setup.log | sort)
left=$(comm -13 <(echo "$before") <(echo "$after") | grep -v 'windows/Installer\|windows/temp' || true)
[ -z "$left" ] || fail "the uninstaller leaves: $left"
[ ! -e "$app" ] && [ ! -e "$menu" ] || fail "the uninstaller leaves empty folders"
[ -e "$home/Documents/SegDepth/results/kept.h5" ] && [ -e "$home/AppData/Local/SegDepth/settings.ini" ] || fail "user data are gone"
[ "$(value_of 'HKEY_CURRENT_USER\Software\Classes\.safetensors' @)" = Other.Program ] || fail "the other program lost .safetensors"
for entry in SegDepth.Model SegDepth.Result .h5; do
    wine reg query "HKEY_CURRENT_USER\\Software\\Classes\\$entry" >/dev/null 2>&1 && fail "the registry keeps $entry"
done
wine reg query "$key" >/dev/null 2>&1 && fail "Windows' list of programs keeps SegDepth"

# alone with the ending, its key goes as well
try_it "$version" "/DIR=$app_windows" /LANG=de
