// Questions to the server. Every answer is a document or a Problem with the server's own sentence.

import type { List } from "./documents.ts";

export class Problem extends Error {
  /** @param status 0: the server did not answer at all */
  constructor(
    readonly status: number,
    sentence: string,
  ) {
    super(sentence);
  }
}

export type Parameters = Record<string, string | number | undefined | string[]>;

export function url(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || value === "") continue;
    for (const each of Array.isArray(value) ? value : [String(value)]) query.append(name, each);
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}

async function sentence(answer: Response): Promise<string> {
  try {
    const problem = (await answer.json()) as { detail?: string };
    return problem.detail ?? answer.statusText;
  } catch {
    return answer.statusText;
  }
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "the server does not answer");
  }
  if (!answer.ok) throw new Problem(answer.status, await sentence(answer));
  return answer;
}

export async function get<T>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<T> {
  return (await ask(url(path, parameters), signal ? { signal } : {})).json() as Promise<T>;
}

/** All pages of a list, at most `most` items. */
export async function all<T>(path: string, parameters: Parameters, most: number, signal?: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(5000, most - items.length);
    const page = await get<List<T>>(path, { ...parameters, limit, cursor }, signal);
    items.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && items.length < most);
  return items;
}

/** A change. The token, where the server wants one, is asked for by the page and kept in memory only. */
export async function change<T>(method: string, path: string, body: unknown, token?: string): Promise<T> {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  return (await ask(path, { method, headers, body: JSON.stringify(body) })).json() as Promise<T>;
}

let description: Promise<{ paths: Record<string, unknown> }> | undefined;

/** Whether this server has the path: one without a world has no /api/world. Asked once. */
export async function serves(path: string): Promise<boolean> {
  description ??= get<{ paths: Record<string, unknown> }>("/openapi.json");
  try {
    return path in (await description).paths;
  } catch (error) {
    description = undefined;
    throw error;
  }
}
