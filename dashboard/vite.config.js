import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { defineConfig } from "vite";

/** Lies beside each file as NAME.gz, which the server sends to those who take it: compressed once, not for each request. */
function compressed() {
  let folder = "";
  return {
    name: "compressed",
    configResolved: (config) => {
      folder = config.build.outDir;
    },
    closeBundle: () => {
      for (const name of readdirSync(folder, { recursive: true })) {
        if (!/\.(js|css|html|svg)$/.test(name)) continue;
        const path = join(folder, name);
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [compressed()],
  build: {
    // Beside build/dev and build/release, where the program looks for it: ../share/throng/dashboard.
    outDir: "../build/share/throng/dashboard",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the page's policy allows no inline scripts
    chunkSizeWarningLimit: 800,
    modulePreload: { polyfill: false },
  },
  // `npm run dev` beside a `throng serve`.
  server: { proxy: { "/api": "http://127.0.0.1:8080", "/metrics": "http://127.0.0.1:8080" } },
});
