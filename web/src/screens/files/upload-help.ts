import { css, html, LitElement } from "lit";
import { customElement } from "lit/decorators.js";

import { controls } from "../../parts/shared-styles.ts";
import { session } from "../../session/session.ts";
import { strings } from "../../strings/strings.ts";

/** How a file is uploaded: by a pipeline with the signing key, which a browser does not have. */
@customElement("upload-help")
export class UploadHelp extends LitElement {
  static override styles = [
    controls,
    css`
      p {
        margin: 0 0 8px;
      }
      pre {
        overflow-x: auto;
        margin: 0;
        padding: 10px;
        border-radius: var(--radius);
        background: var(--raised);
      }
    `,
  ];

  protected override render(): unknown {
    const { files } = strings;
    const needsToken = session.ways?.is_required ?? false;
    return html`
      <p>${files.uploading} <code>SIGNING_KEY_PATH</code></p>
      <pre tabindex="0" aria-label=${files.commands}><code>${commands(needsToken)}</code></pre>
    `;
  }
}

function commands(needsToken: boolean): string {
  const lines = [
    "time=$(date -u +%Y-%m-%dT%H:%M:%SZ)",
    'signature=$(printf %s "$time" | openssl dgst -sha256 -sign signing-key.pem | openssl base64 -A)',
    needsToken
      ? `echo "Authorization: Bearer $TOKEN" | curl --fail-with-body ${location.origin}/api/assets -H @- \\`
      : `curl --fail-with-body ${location.origin}/api/assets \\`,
    '    -F "timestamp=$time" -F "signature=$signature" -F "file=@firmware.bin"',
  ];
  return needsToken
    ? ["TOKEN=$(iotconfig token create ci --role asset-uploader)", ...lines].join("\n")
    : lines.join("\n");
}

declare global {
  interface HTMLElementTagNameMap {
    "upload-help": UploadHelp;
  }
}
