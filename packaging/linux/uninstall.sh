#!/bin/sh
# Removes what install.sh has put there, and nothing else: datasets, models, results and settings stay.
set -eu
prefix="@PREFIX@"
share="$prefix/share"
for process in /proc/[0-9]*/exe; do
    if [ "$(readlink "$process" 2>/dev/null)" = "$prefix/lib/segdepth/segdepth" ]; then
        echo "SegDepth is running. Close its window, let its jobs end, and call this again." >&2
        exit 1
    fi
done
rm -rf "$prefix/lib/segdepth"
rm -f "$prefix/bin/segdepth" "$share/applications/segdepth.desktop" "$share/mime/packages/segdepth.xml" \
    "$share/metainfo/io.github.segdepth.SegDepth.metainfo.xml" "$share/icons/hicolor/256x256/apps/segdepth.png" \
    "$share/icons/hicolor/scalable/apps/segdepth.svg"
if command -v update-mime-database >/dev/null && [ -d "$share/mime" ]; then
    update-mime-database "$share/mime" >/dev/null 2>&1 || true
fi
if command -v update-desktop-database >/dev/null && [ -d "$share/applications" ]; then
    update-desktop-database "$share/applications" || true
fi
echo "SegDepth is removed. Your datasets, models and results are where they were."
