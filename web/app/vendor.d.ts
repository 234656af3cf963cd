/** What the vendored modules export, as far as the app uses it; they lie beside the app, not below it. */

export interface Store {
  get(key: any): Promise<any>;
  getAll(query?: any): Promise<any[]>;
  getAllKeys(query?: any): Promise<any[]>;
  put(value: any, key?: any): Promise<any>;
  delete(key: any): Promise<void>;
  index(name: string): Store;
}

export interface Transaction {
  objectStore(name: string): Store;
  done: Promise<void>;
  error: DOMException | null;
  abort(): void;
}

export interface Database {
  transaction(names: string[], mode: "readonly" | "readwrite", options?: { durability: string }): Transaction;
  createObjectStore(name: string, options?: object): { createIndex(name: string, path: string | string[]): void };
  close(): void;
}

/** idb's build for all browsers makes this `self.idb`. */
export interface Idb {
  openDB(
    name: string,
    version: number,
    hooks: { upgrade?(db: Database, from: number): void; blocking?(): void; terminated?(): void },
  ): Promise<Database>;
}
