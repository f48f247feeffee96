// A key/value store in SQLite, each write on disk before it is answered.
export function open(Database) {
  const database = new Database(process.env.DATABASE);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE IF NOT EXISTS kv (key PRIMARY KEY, value)");
  const get = database.prepare("SELECT value FROM kv WHERE key = ?");
  const put = database.prepare("INSERT INTO kv VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value");
  return { get: (key) => get.get(key).value, put: (key, value) => put.run(key, value) };
}
