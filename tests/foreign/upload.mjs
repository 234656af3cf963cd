// Uploads one file with tus-js-client, as its own documentation shows it, and tells on one line how that went.
//   node upload.mjs FILE ENDPOINT COOKIE '{"metadata": {…}, "parallelUploads": 2, …}'
import { createReadStream } from "node:fs";
import { Upload } from "tus-js-client";

const [file, endpoint, cookie, options] = process.argv.slice(2);
let retries = 0;

const upload = new Upload(createReadStream(file), {
  endpoint,
  headers: { Cookie: cookie },
  retryDelays: Array(20).fill(20),
  onBeforeRequest: (request) => {
    if (request.getMethod() === "HEAD") retries += 1;
  },
  onSuccess: () => {
    console.log(JSON.stringify({ url: upload.url, retries }));
  },
  onError: (error) => {
    const status = error.originalResponse ? error.originalResponse.getStatus() : null;
    console.log(JSON.stringify({ error: error.message, status, retries }));
    process.exitCode = 1;
  },
  ...JSON.parse(options),
});
upload.start();
