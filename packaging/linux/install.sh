#!/bin/sh
# Installs SegDepth for one user, without root. Called by the self-extracting archive, in the folder it was unpacked to.
#   install.sh [--prefix DIR]      default: ~/.local
set -eu
here=$(cd "$(dirname "$0")" && pwd)
prefix="${XDG_DATA_HOME:+${XDG_DATA_HOME%/share}}"
prefix="${prefix:-$HOME/.local}"
if [ "${1:-}" = --prefix ]; then prefix=$2; fi
mkdir -p "$prefix"
prefix=$(cd "$prefix" && pwd)
target="$prefix/lib/segdepth"
# a menu entry cannot hold them (Desktop Entry Specification, quoting of Exec), nor can sed below
case "$prefix" in
    *[\"\`\$\\%\&\|]*)
        echo "SegDepth cannot be installed in $prefix: choose a folder without any of \" \` \$ \\ % & | in its name." >&2
        exit 1
        ;;
esac
for process in /proc/[0-9]*/exe; do
    if [ "$(readlink "$process" 2>/dev/null)" = "$target/segdepth" ]; then
        echo "SegDepth is running from $target. Close its window, let its jobs end, and install again." >&2
        exit 1
    fi
done

needed=@GLIBC@
found=$(getconf GNU_LIBC_VERSION 2>/dev/null | cut -d' ' -f2)
if [ "$(printf '%s\n' "$needed" "${found:-0}" | sort -V | head -n 1)" != "$needed" ]; then
    echo "SegDepth needs a Linux with glibc $needed or newer (Debian 12, Ubuntu 24.04); this one has ${found:-none}." >&2
    exit 1
fi

free=$(df -Pk "$prefix" | awk 'NR == 2 { print $4 }')
needed=$(du -sk "$here/SegDepth" | cut -f1)
if [ "$free" -lt "$needed" ]; then
    echo "SegDepth needs $((needed / 1024)) MB in $prefix, where $((free / 1024)) MB are free." >&2
    exit 1
fi

# the new one is whole before the old one goes
rm -rf "$target.new" "$target.old"
mkdir -p "$prefix/lib" "$prefix/bin"
cp -a "$here/SegDepth" "$target.new"
if [ -e "$target" ]; then mv "$target" "$target.old"; fi
mv "$target.new" "$target"
rm -rf "$target.old"
ln -sf "$target/segdepth" "$prefix/bin/segdepth"

share="$prefix/share"
mkdir -p "$share/applications" "$share/mime/packages" "$share/metainfo" "$share/icons/hicolor/256x256/apps" \
    "$share/icons/hicolor/scalable/apps"
# a desktop does not look into ~/.local/bin everywhere
sed -e "s|^Exec=segdepth|Exec=\"$target/segdepth\"|" -e "s|^TryExec=.*|TryExec=$target/segdepth|" \
    "$here/segdepth.desktop" >"$share/applications/segdepth.desktop"
cp "$here/segdepth-mime.xml" "$share/mime/packages/segdepth.xml"
cp "$here/io.github.segdepth.SegDepth.metainfo.xml" "$share/metainfo/"
cp "$here/segdepth.png" "$share/icons/hicolor/256x256/apps/"
cp "$here/segdepth.svg" "$share/icons/hicolor/scalable/apps/"

sed "s|@PREFIX@|$prefix|" "$here/uninstall.sh" >"$target/uninstall.sh"
chmod 755 "$target/uninstall.sh"
if command -v update-mime-database >/dev/null; then update-mime-database "$share/mime" >/dev/null 2>&1 || true; fi
if command -v update-desktop-database >/dev/null; then update-desktop-database "$share/applications" || true; fi

missing=$(ldd "$target/_internal/PySide6/Qt/plugins/platforms/libqxcb.so" 2>/dev/null | awk '/not found/ { print $1 }')
echo "SegDepth is installed in $target."
echo "Start it from the menu, or with $prefix/bin/segdepth. To remove it: $target/uninstall.sh"
if [ -n "$missing" ]; then
    echo "These system libraries are missing for its window; ask your administrator for them: $missing" >&2
fi
