// The JSON API of this machine; every failure becomes one line that says what is wrong and how to mend it.

async function ask(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method, body: body === undefined ? undefined : JSON.stringify(body),
      headers: method === "GET" ? {} : { "Content-Type": "application/json" },
    });
  } catch {
    throw new Error("The page has lost its server. Fix: start qorgau serve again, then load the page anew.");
  }
  let data = null;
  try {
    data = await answer.json();
  } catch {
    throw new Error(`${method} ${path}: the answer is not JSON. Fix: load the page anew.`);
  }
  if (!answer.ok) throw new Error(data?.error ?? `${method} ${path}: ${answer.status}`);
  return data;
}

export const get = (path) => ask("GET", path);
export const post = (path, body) => ask("POST", path, body);
export const put = (path) => ask("PUT", path, {});
export const remove = (path) => ask("DELETE", path);
