import { css, html, LitElement, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import { Problem } from "../../api/problem.ts";
import { Listening } from "../../parts/listening.ts";
import { controls } from "../../parts/shared-styles.ts";
import { type Address, navigate } from "../../router.ts";
import { session } from "../../session/session.ts";
import "../../shell/error-banner.ts";
import { shown, type ShownError } from "../../shell/errors.ts";
import { strings } from "../../strings/strings.ts";
import { decoded, type LvglImage } from "./lvgl.ts";
import { apiAddress, fetched, type PictureRequest, requested, screenAddress } from "./picture-request.ts";
import "./picture-preview.ts";

/** The longest side and the longest URL that the API takes. */
const LONGEST_SIDE = 4096;
const LONGEST_URL = 2048;

interface Tried {
  request: PictureRequest;
  image: LvglImage;
  length: number;
}

/**
 * A picture from the web as a display would draw it. The address has the request; a link fills the form, and only the
 * button asks: otherwise any page could link to an address inside of the network.
 */
@customElement("pictures-screen")
export class PicturesScreen extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        align-content: start;
        gap: 12px;
        max-width: 860px;
        padding: 12px 16px;
      }
      p {
        margin: 0;
      }
      form {
        display: grid;
        grid-template-columns: 1fr 140px 140px auto;
        align-items: end;
        gap: var(--gap) 12px;
      }
      label {
        display: grid;
        gap: 4px;
        min-width: 0;
      }
      input {
        width: 100%;
        min-width: 0;
      }
      input[aria-invalid] {
        border-color: var(--bad);
      }
      @media (max-width: 600px) {
        form {
          grid-template-columns: 1fr 1fr;
        }
        .url,
        form button {
          grid-column: 1 / -1;
        }
      }
    `,
  ];

  @property({ attribute: false }) address: Address = { parameters: {}, query: new URLSearchParams() };
  @state() private tried: Tried | undefined;
  @state() private error: ShownError | undefined;
  /** The parameter that the API refused. */
  @state() private refused = "";
  @state() private isBusy = false;
  @query("form") private readonly form!: HTMLFormElement;
  private attempt: AbortController | undefined;

  constructor() {
    super();
    new Listening(this, session);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.attempt?.abort();
  }

  protected override render(): unknown {
    const { pictures } = strings;
    const { url, width, height } = requested(this.address.query);
    return html`
      <h1>${pictures.heading}</h1>
      <p class="faint">${pictures.meaning}</p>
      <form @submit=${this.onSubmit}>
        <label class="url">
          ${pictures.url}
          <input
            name="url"
            required
            inputmode="url"
            placeholder="https://"
            maxlength=${LONGEST_URL}
            autocapitalize="off"
            autocomplete="off"
            spellcheck="false"
            aria-invalid=${this.refused === "url" ? "true" : nothing}
            .value=${url}
          />
        </label>
        ${this.side("width", pictures.width, width)} ${this.side("height", pictures.height, height)}
        <button class="primary" ?disabled=${this.isBusy}>
          ${this.isBusy ? pictures.fetching : pictures.try}
        </button>
      </form>
      ${this.error ? html`<error-banner .error=${this.error} @close=${this.onRead}></error-banner>` : nothing}
      <div role="status">${this.tried ? this.preview(this.tried) : nothing}</div>
      <p class="faint">${pictures.networks} <code>IOTCONFIG_PICTURE_NETWORKS=192.168.1.0/24</code></p>
    `;
  }

  private side(name: "width" | "height", label: string, value: string): unknown {
    return html`<label>
      ${label}
      <input
        name=${name}
        type="number"
        min="1"
        max=${LONGEST_SIDE}
        aria-invalid=${this.refused === name ? "true" : nothing}
        .value=${value}
      />
    </label>`;
  }

  private preview({ request, image, length }: Tried): unknown {
    return html`<picture-preview
      .image=${image}
      .length=${length}
      .address=${apiAddress(location.origin, request)}
    ></picture-preview>`;
  }

  private async onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    const given = new FormData(this.form);
    const [url, width, height] = ["url", "width", "height"].map((name) => (given.get(name) as string).trim());
    const request = { url: url ?? "", width: width ?? "", height: height ?? "" };
    navigate(screenAddress(request), { replace: true });
    await this.ask(request);
  }

  private async ask(request: PictureRequest): Promise<void> {
    this.attempt?.abort();
    const attempt = (this.attempt = new AbortController());
    this.isBusy = true;
    this.error = this.tried = undefined;
    this.refused = "";
    try {
      const body = await fetched(request, attempt.signal);
      this.tried = { request, image: decoded(body), length: body.byteLength };
    } catch (error) {
      if (attempt.signal.aborted) return;
      this.error = shown(error);
      if (error instanceof Problem) this.refuse(error);
    } finally {
      if (this.attempt === attempt) this.isBusy = false;
    }
  }

  private refuse({ details }: Problem): void {
    const { parameter } = details;
    if (typeof parameter !== "string") return;
    this.refused = parameter;
    this.form.querySelector<HTMLInputElement>(`[name="${CSS.escape(parameter)}"]`)?.focus();
  }

  private onRead(): void {
    this.error = undefined;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "pictures-screen": PicturesScreen;
  }
}
