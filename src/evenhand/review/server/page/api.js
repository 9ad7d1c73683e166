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
let last = Promise.resolve();

/**
 * Send after everything that was sent before. A lost connection is tried again until it is back; the server knows an
 * event by its id, so that one which arrived the first time is not written twice.
 */
export function post(path, body, waiting = () => {}) {
  const sent = last.then(async () => {
    for (let tries = 0; ; tries++) {
      try {
        const answer = await fetch(path, {
          method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body),
        });
        return await read(answer);
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
