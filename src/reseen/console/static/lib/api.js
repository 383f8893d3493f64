/* Calls to the server that served the page, the same routes that every client uses.

   Errors are problems (RFC 9457) and are thrown as `Problem`; `advice` says what to do next, in words.
   Who calls: the session's cookie with its CSRF token, or a key that lives as long as the tab. */

const credentials = { csrf: null, key: null };
let onSignedOut = () => {};

export function use({ csrf = null, key = null }) {
  credentials.csrf = csrf;
  credentials.key = key;
}

/** Called when a call finds that the session is over. */
export function whenSignedOut(callback) {
  onSignedOut = callback;
}

const ADVICE = {
  invalid_request: "This is a fault of the console: please report it with the request id.",
  invalid_value: "Correct what is named, then try again.",
  unauthenticated: "Sign in again; you come back to this page.",
  forbidden: "Ask an admin of your project for a role that may do this.",
  csrf_failed: "Load the page anew, then try again.",
  not_found: "It may have been deleted, or it belongs to another project. Go back and look again.",
  conflict: "Somebody was faster. Load it anew, look at how it stands now, and decide again.",
  payload_too_large: "Choose a smaller file, or an excerpt.",
  unsupported_media: "Choose a picture, film or sound of a usual format; what is chosen at the top says which kinds are taken.",
  url_not_allowed: "Use an http or https address on the public internet. An operator can allow private ones.",
  media_unreadable: "The file seems to be damaged. Export it again or convert it, then try again.",
  media_empty: "The file has no picture and no sound in it. Check how it was made.",
  media_too_long: "Cut an excerpt and try that.",
  media_too_large: "Scale the picture down, then try again.",
  fetch_failed: "Open the address in a private window. If it asks for a login there, save the file and drop it here instead.",
  fetch_timeout: "The other site was too slow. Try again, or save the file and drop it here.",
  rate_limited: "Wait a moment, then try again.",
  quota_exceeded: "Remove what is not needed any more, or ask the operator for more.",
  not_ready: "The server is starting or has much to do. Try again in a moment.",
  internal: "This is a fault of reseen. Its log has it under the request id: please report it.",
  unreachable: "Check that the server runs and that you are online, then try again.",
};

export class Problem extends Error {
  constructor(body, status) {
    super(body.detail || body.title || `The server answered ${status}.`);
    this.name = "Problem";
    this.status = status;
    this.code = body.code || "internal";
    this.title = body.title || "It did not work";
    this.field = body.field ?? null;
    this.limit = body.limit ?? null;
    this.actual = body.actual ?? null;
    this.retryAfter = body.retry_after_s ?? null;
    this.requestId = body.request_id ?? null;
  }

  get advice() {
    return ADVICE[this.code] ?? ADVICE.internal;
  }
}

const unreachable = () =>
  new Problem({ code: "unreachable", title: "The server cannot be reached", detail: "No answer came back." }, 0);

/** An id for `Idempotency-Key`. `crypto.randomUUID` is missing on plain http. */
export function fresh() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const SAFE = new Set(["GET", "HEAD"]);

function headersOf(method, more) {
  const headers = { accept: "application/json", ...more };
  if (credentials.key) headers.authorization = `Bearer ${credentials.key}`;
  else if (credentials.csrf && !SAFE.has(method)) headers["x-csrf-token"] = credentials.csrf;
  return headers;
}

/** The address with a query; what is null, undefined or empty is left out. */
export function address(path, query = {}) {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) asked.append(name, one);
  }
  const said = asked.toString();
  return said ? `${path}?${said}` : path;
}

/** One call. `body` is an object (sent as JSON), a FormData, or nothing. Resolves to the JSON of the
    answer, or null for an empty one; with `raw`, to the Response. Throws `Problem`, or an
    `AbortError` when `signal` ends it. `expect401` leaves the session as it is. */
export async function call(method, path, { body, query, signal, headers, raw, idempotent, expect401 } = {}) {
  const told = headersOf(method, headers);
  if (idempotent) told["idempotency-key"] = idempotent === true ? fresh() : idempotent;
  const asJson = body !== undefined && !(body instanceof FormData);
  if (asJson) told["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch(address(path, query), {
      method,
      headers: told,
      body: asJson ? JSON.stringify(body) : body,
      signal,
      credentials: "same-origin",
      cache: "no-store",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw unreachable();
  }
  if (!answer.ok) throw refused(await problemIn(answer), answer.status, expect401);
  if (raw) return answer;
  return answer.status === 204 ? null : answer.json();
}

async function problemIn(answer) {
  try {
    return await answer.json();
  } catch {
    return {};
  }
}

function refused(body, status, expect401) {
  if (status === 401 && !expect401) onSignedOut();
  return new Problem(body, status);
}

export const get = (path, options) => call("GET", path, options);
export const post = (path, body, options) => call("POST", path, { ...options, body });
export const put = (path, body, options) => call("PUT", path, { ...options, body });
export const patch = (path, body, options) => call("PATCH", path, { ...options, body });
export const remove = (path, options) => call("DELETE", path, options);

/** A form with files, telling how much was sent: `onSent(fraction)`. As `call` otherwise. */
export function send(path, form, { query, signal, onSent = () => {}, headers } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open("POST", address(path, query));
    for (const [name, value] of Object.entries(headersOf("POST", headers))) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && onSent(event.loaded / event.total);
    request.upload.onload = () => onSent(1);
    request.onload = () => {
      signal?.removeEventListener("abort", abort);
      if (request.status < 300) resolve(request.response);
      else reject(refused(request.response ?? {}, request.status));
    };
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    if (signal?.aborted) return request.onabort();
    signal?.addEventListener("abort", abort);
    request.send(form);
  });
}

/** The bytes of a medium, for an object URL: an <img> cannot send a key. */
export const blob = async (path, options) => (await call("GET", path, { ...options, raw: true })).blob();
