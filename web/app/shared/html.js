// @ts-check
/** Preact as the pages write it: templates instead of a build. */
import { h, render } from "../vendor/preact/preact.mjs";
import htm from "../vendor/htm/htm.mjs";

export { useEffect, useErrorBoundary, useLayoutEffect, useRef, useState } from "../vendor/preact/hooks.mjs";
export const html = htm.bind(h);
export { render };
