#!/usr/bin/env bash
# Builds the Linux packages into dist/: freezes the program, then a .deb and a self-extracting archive.
#   packaging/linux/build.sh [--keep-frozen]     (with it, dist/SegDepth of the last time is packed again)
set -euo pipefail
cd "$(dirname "$0")/../.."
say() { printf 'package: %s (after %d s)\n' "$*" "$SECONDS" >&2; }

python=.venv/bin/python
version=$($python -c 'import segdepth_app; print(segdepth_app.__version__)')
architecture=$(dpkg --print-architecture)
variant=$($python -c 'import torch; print("cuda" if torch.version.cuda else "cpu")')
if [ "${VARIANT:-$variant}" != "$variant" ]; then
    say "VARIANT is $VARIANT, but the torch in .venv is the $variant build: run packaging/setup.sh package"
    exit 1
fi
name="segdepth_${version}_${variant}_${architecture}"
files=packaging/linux

if [ "${1:-}" != --keep-frozen ]; then
    say "freezing $version ($variant)"
    rm -rf build/frozen dist/SegDepth
    PYTHONWARNINGS=ignore::DeprecationWarning $python -m PyInstaller --noconfirm --log-level WARN \
        --distpath dist --workpath build/frozen packaging/segdepth.spec
    $python packaging/strip_symbols.py dist/SegDepth
fi
ln -sf segdepth dist/SegDepth/segdepth-worker
$python packaging/licences.py dist/SegDepth
# the newest symbol that anything in it asks of the system's C library
glibc=$(find dist/SegDepth -type f \( -name '*.so*' -o -name segdepth \) -print0 |
    xargs -0 grep -aoh 'GLIBC_2\.[0-9]\+' | sort -Vu | tail -n 1 | cut -d_ -f2)
say "frozen: $(du -sm dist/SegDepth | cut -f1) MB, needs glibc $glibc"

# of the release, not of the build: the same source makes the same text
date=$(sed -n "s/^## \[$version\] - //p" CHANGELOG.md)
[ -n "$date" ] || { say "CHANGELOG.md has no heading '## [$version] - DATE'"; exit 1; }
fill() { sed -e "s/@VERSION@/$version/" -e "s/@DATE@/$date/" "$1"; }

root=build/deb
rm -rf "$root"
mkdir -p "$root"/{DEBIAN,usr/lib,usr/bin} "$root"/usr/share/{applications,metainfo,mime/packages,doc/segdepth} \
    "$root"/usr/share/icons/hicolor/{256x256,scalable}/apps
cp -a dist/SegDepth "$root/usr/lib/segdepth"
ln -s ../lib/segdepth/segdepth "$root/usr/bin/segdepth"
install -m 644 $files/segdepth.desktop "$root/usr/share/applications/"
install -m 644 $files/segdepth-mime.xml "$root/usr/share/mime/packages/segdepth.xml"
fill $files/io.github.segdepth.SegDepth.metainfo.xml >"$root/usr/share/metainfo/io.github.segdepth.SegDepth.metainfo.xml"
desktop-file-validate "$root/usr/share/applications/segdepth.desktop"
appstreamcli validate --no-net "$root"/usr/share/metainfo/*.xml >&2
install -m 644 resources/icons/segdepth.png "$root/usr/share/icons/hicolor/256x256/apps/"
install -m 644 resources/icons/segdepth.svg "$root/usr/share/icons/hicolor/scalable/apps/"
install -m 644 CHANGELOG.md "$root/usr/share/doc/segdepth/"
install -m 644 $files/copyright "$root/usr/share/doc/segdepth/"
depends=$(awk '!/^#/ && NF { print $2 }' packaging/debian-packages.txt | paste -sd, | sed 's/,/, /g')
cat >"$root/DEBIAN/control" <<CONTROL
Package: segdepth
Version: $version
Architecture: $architecture
Maintainer: The SegDepth developers <segdepth@users.noreply.github.com>
Installed-Size: $(du -sk "$root/usr" | cut -f1)
Depends: libc6 (>= $glibc), $depends, fontconfig-config, fonts-dejavu-core | fonts-noto-core
Recommends: libwayland-cursor0, libwayland-egl1
Section: science
Priority: optional
Homepage: https://github.com/segdepth/segdepth
Description: atoms per atomic column from noisy TEM images
 SegDepth estimates how many atoms each atomic column of a TEM image holds, says how sure it is, and follows
 columns through a time series. It simulates training data, trains, judges and applies networks.
CONTROL
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums) # for dpkg --verify
say "building $name.deb"
fakeroot dpkg-deb --build -Zxz -z1 "$root" "dist/$name.deb" >/dev/null
rm -rf "$root"

say "building $name.run"
archive=build/archive
rm -rf "$archive"
mkdir -p "$archive"
cp -al dist/SegDepth "$archive/SegDepth"
cp $files/{uninstall.sh,segdepth.desktop,segdepth-mime.xml} resources/icons/segdepth.{png,svg} "$archive/"
fill $files/io.github.segdepth.SegDepth.metainfo.xml >"$archive/io.github.segdepth.SegDepth.metainfo.xml"
sed "s/@GLIBC@/$glibc/" $files/install.sh >"$archive/install.sh"
chmod 755 "$archive/install.sh"
# gzip: every system can unpack it
makeself --sha256 --gzip --complevel 6 --tar-format gnu --quiet "$archive" "dist/$name.run" "SegDepth $version" ./install.sh
rm -rf "$archive"
(cd dist && sha256sum "$name.deb" "$name.run" >"$name.sha256") # what is handed on can be compared with it
say "done: $(cd dist && ls -1s --block-size=M "$name".* | paste -sd' ')"
