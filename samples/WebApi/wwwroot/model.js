// What page.js asks: a server, which Program.cs is.

// A busy server says when to come again; the page does so for a while.
const tries = 6;

export async function describe() {
  return (await request("model", {}, () => {})).json();
}

export async function predict(bytes, say) {
  return (await upload("predict", bytes, say)).json();
}

export async function explain(bytes, label, say) {
  return (await upload(`explain?label=${encodeURIComponent(label)}`, bytes, say)).blob();
}

function upload(address, bytes, say) {
  return request(address, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: bytes }, say);
}

/** @throws {Error} What the server says is wrong, or that there is none. */
async function request(address, options, say) {
  for (let i = 1; ; i++) {
    let response;
    try {
      response = await fetch(address, options);
    } catch {
      throw new Error("The server can't be reached.");
    }
    if (response.ok)
      return response;
    const seconds = Number(response.headers.get("Retry-After"));
    if (![429, 503].includes(response.status) || !(seconds > 0) || i === tries)
      throw new Error(await reason(response));
    say(`The server is busy, trying again in ${seconds} s …`);
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  }
}

/** The reason in a problem (RFC 9457), or else the status. */
async function reason(response) {
  const problem = await response.json().catch(() => ({}));
  return problem.detail ?? problem.title ?? `The server answers ${response.status} ${response.statusText}.`;
}
