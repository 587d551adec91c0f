/** Layers of the service, and their edits. All that ask the service throw as `answer` does. */
import { answer, api, content, type Schemas } from "../../api/client.ts";
import { memberText } from "../../documents/json-text.ts";

export type LayerSummary = Schemas["LayerSummary"];
export type Reach = Schemas["Reach"];

/** What an operator decides about a layer. */
export interface Definition {
  reaches: Reach;
  rank: number | null;
  enabled: boolean;
  /** The document, as it was written. */
  text: string;
}

export interface Layer extends Definition {
  name: string;
  revision: number;
  updated_at: string;
}

/** What an edit would do. */
export type Preview = Schemas["LayersDryRun"];

/** An edit that can be looked at before it is made. message: its reason. */
export type Edit = (how: { dry_run?: true; message?: string }) => Promise<Preview | undefined>;

export async function readLayers(): Promise<readonly LayerSummary[]> {
  return (await content(api.GET("/api/layers"))).layers;
}

export async function readLayer(name: string): Promise<Layer> {
  const text = await content(
    api.GET("/api/layers/{name}", { params: { path: { name } }, parseAs: "text", cache: "no-store" }),
  );
  const { reaches, rank, enabled, revision, updated_at } = JSON.parse(text) as Schemas["Layer"];
  return { name, reaches, rank, enabled, revision, updated_at, text: memberText(text, "content") ?? "" };
}

/** Create the layer, or replace the one at a revision. */
export function putting(name: string, definition: Definition, revision: number | undefined): Edit {
  const { reaches, rank, enabled, text } = definition;
  const header = revision === undefined ? { "If-None-Match": "*" } : { "If-Match": `"${revision}"` };
  return async (query) => {
    const params = { path: { name }, header, query };
    return asPreview(
      await content(
        api.PUT("/api/layers/{name}", { params, body: { reaches, rank, enabled, content: text } }),
      ),
    );
  };
}

export function deleting(name: string, revision: number): Edit {
  return async (query) => {
    const params = { path: { name }, header: { "If-Match": `"${revision}"` }, query };
    return asPreview((await answer(api.DELETE("/api/layers/{name}", { params }))).data);
  };
}

/** Give the document of an earlier revision to the layer at `revision`. */
export function rollingBack(name: string, target: number, revision: number): Edit {
  return async (query) => {
    const params = { path: { name }, header: { "If-Match": `"${revision}"` }, query };
    return asPreview(
      await content(api.POST("/api/layers/{name}/rollback", { params, body: { revision: target } })),
    );
  };
}

/** Put the layers of tags in an order, the lowest first. */
export function ordering(names: readonly string[]): Edit {
  return async (query) =>
    asPreview(
      await content(api.POST("/api/layers/order", { params: { query }, body: { layers: [...names] } })),
    );
}

/** The difference between two revisions; without `from`, what the second one has changed. */
export async function layerDifference(name: string, from: number | undefined, to: number): Promise<string> {
  const query = from === undefined ? { to } : { from, to };
  const found = await content(api.GET("/api/layers/{name}/diff", { params: { path: { name }, query } }));
  return found.unified_diff;
}

function asPreview(data: object | undefined): Preview | undefined {
  return data && "dry_run" in data ? (data as Preview) : undefined;
}
