// What the browser keeps between visits. Where storage is denied, nothing is kept and nothing fails.
const prefix = "infra-ref:";
const attempt = (act) => { try { return act(); } catch { return null; } };

export const kept = {
  get: (name) => attempt(() => localStorage.getItem(prefix + name)),
  set: (name, text) => attempt(() => localStorage.setItem(prefix + name, text)),
  remove: (name) => attempt(() => localStorage.removeItem(prefix + name)),
};
