// Requests to the server of this page. Decisions go one after the other, so that an undo follows what it undoes.

/** An answer that says why it refuses; sending again would not help. */
export class Refused extends Error {}

export async function get(path, query = {}) {
  const wanted = Object.entries(query).filter(([, value]) => value !== null && value !== "");
  return read(await fetch(`${path}?${new URLSearchParams(wanted)}`));
}

async function read(answer) {
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  const words = body.error || `The server answered ${answer.status}. Was it stopped?`;
  throw answer.status < 500 ? new Refused(words) : new Error(words);
}

const PAUSES = [200, 500, 1000, 2000, 5000];
const SLOW = 2000; // ms without an answer after which it is said
let last = Promise.resolve();

/** Send once; a server that is suspended breaks no connection, so that a late answer has to be said here. */
async function sendOnce(path, body, waiting) {
  const slow = setTimeout(() => waiting(new Error("the server does not answer.")), SLOW);
  try {
    return await read(await fetch(path, {
      method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body),
    }));
  } finally {
    clearTimeout(slow);
  }
}

/**
 * Send after everything that was sent before. A lost connection is tried again until it is back; the server knows an
 * event by its id, so that one which arrived the first time is not written twice.
 */
export function post(path, body, waiting = () => {}) {
  const sent = last.then(async () => {
    for (let tries = 0; ; tries++) {
      try {
        return await sendOnce(path, body, waiting);
      } catch (error) {
        if (error instanceof Refused) throw error;
        waiting(error);
        await new Promise((resume) => setTimeout(resume, PAUSES[Math.min(tries, PAUSES.length - 1)]));
      }
    }
  });
  last = sent.catch(() => {});
  return sent;
}

export const pictureOf = (row, side) => `/api/picture?${new URLSearchParams({row, side})}`;
