// The tus server of the protocol's own authors, on a free port: what it answers is what ours is held against.
//   node oracle.mjs FOLDER   → prints its port
import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";

const server = new Server({
  path: "/api/photos",
  relativeLocation: true,
  maxSize: 100 * 1024 * 1024,
  datastore: new FileStore({
    directory: process.argv[2],
    expirationPeriodInMilliseconds: 7 * 24 * 60 * 60 * 1000,
  }),
});
const listening = server.listen({ host: "127.0.0.1", port: 0 }, () => {
  console.log(listening.address().port);
});
