// The program under test: fills stores and serves them, as a user would.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const program = process.env.THRONG_PROGRAM;
if (!program) throw new Error("THRONG_PROGRAM must name the program: ./dev test --browser does");

const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("THRONG_")));

/** @returns {string} its standard output */
export function throng(...options) {
  return execFileSync(program, options, { env: environment, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** A folder with a store, and a server over it on a port of its own. */
export class Site {
  folder = mkdtempSync(join(tmpdir(), "throng-browser-"));
  store = `sqlite:${join(this.folder, "throng.db")}`;
  port = 0;
  server;

  run(scenario, ...options) {
    throng("run", scenario, "--quiet", "--store", this.store, ...options);
  }

  /** @param {object[]} messages of a topic, analysed by a pipeline */
  analyze(pipeline, messages) {
    writeFileSync(join(this.folder, "pipeline.json"), JSON.stringify(pipeline));
    const text = messages.map((each) => JSON.stringify(each)).join("\n");
    writeFileSync(join(this.folder, `${pipeline.source}.ndjson`), `${text}\n`);
    throng("analyze", join(this.folder, "pipeline.json"), "--from", `file:${this.folder}`, "--store", this.store);
  }

  /** At the same port as before, if there was one. */
  serve() {
    return this.start("serve", `127.0.0.1:${this.port}`);
  }

  /** A world that runs on, and serves meanwhile. */
  live(scenario, ...options) {
    return this.start("run", scenario, "--serve", "127.0.0.1:0", ...options);
  }

  async start(...words) {
    this.server = spawn(program, [...words, "--store", this.store], {
      env: environment,
      stdio: ["ignore", "ignore", "pipe"],
    });
    for await (const line of createInterface({ input: this.server.stderr })) {
      const said = /serving at http:\/\/127\.0\.0\.1:(\d+)/.exec(line);
      if (said) {
        this.port = Number(said[1]);
        return;
      }
    }
    throw new Error("the server ended before it served");
  }

  async stop() {
    const ended = new Promise((resolve) => this.server.once("exit", resolve));
    this.server.kill("SIGKILL");
    await ended;
  }

  async end() {
    await this.stop();
    rmSync(this.folder, { recursive: true });
  }

  get address() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The API's answer. */
  async ask(path, parameters = {}) {
    const answer = await fetch(`${this.address}${path}?${new URLSearchParams(parameters)}`);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}
