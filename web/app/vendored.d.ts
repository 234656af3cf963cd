// the vendored modules lie beside the app, and only on the server below it
declare module "*.mjs";
declare module "*/vendor/idb/umd.js";
