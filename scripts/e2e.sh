#!/usr/bin/env bash
# End-to-end tests in a real VS Code: installs the editor and Chromium, packages the extension, runs the tests.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v chromium >/dev/null || ! command -v rg >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends chromium ripgrep g++ make python3 >/dev/null
fi
mapfile -t editor < <(sh scripts/install-code-server.sh "${E2E_CODE_SERVER:-4.100.3}")
export E2E_VSCODE=${editor[0]} E2E_NODE=${editor[1]}

npm run --silent package
version=$(node -p 'require("./package.json").version')
(cd test/e2e/bridge && node ../../../node_modules/@vscode/vsce/vsce package --no-dependencies --skip-license --allow-missing-repository --out ../../../dist/e2e-bridge.vsix >/dev/null)
export E2E_VSIX=$PWD/dma-lens-$version.vsix,$PWD/dist/e2e-bridge.vsix
# The same package, told to run in the browser only: this editor has a Node that would be preferred.
python3 - "dma-lens-$version.vsix" dist/e2e-web.vsix <<'PY'
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as given, zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED) as made:
    for entry in given.infolist():
        data = given.read(entry)
        if entry.filename == 'extension/package.json':
            manifest = json.loads(data)
            manifest['extensionKind'] = ['ui']
            del manifest['main']
            data = json.dumps(manifest).encode()
        made.writestr(entry, data)
PY
export E2E_WEB_VSIX=$PWD/dist/e2e-web.vsix,$PWD/dist/e2e-bridge.vsix
npx vitest run --config vitest.e2e.config.mts "$@"

# For the README: E2E_IMAGES=1 takes its pictures anew; pngquant makes them a third of the size.
if [ -n "${E2E_IMAGES:-}" ] && command -v pngquant >/dev/null; then
  pngquant --force --skip-if-larger --ext .png --quality 70-95 --speed 1 images/{diagnostics,hover,explorer,fix,findings,status}.png
fi
