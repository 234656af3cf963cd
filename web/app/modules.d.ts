/** The vendored modules, which lie beside the app and not below it. */

declare module "*/vendor/idb/umd.js";
declare module "*/vendor/client-zip/client-zip.mjs" {
  export function downloadZip(files: Iterable<object> | AsyncIterable<object>): Response;
}
declare module "*/vendor/preact/preact.mjs";
declare module "*/vendor/preact/hooks.mjs";
declare module "*/vendor/htm/htm.mjs";
