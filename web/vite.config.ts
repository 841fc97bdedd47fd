// How the pages are built: one folder of hashed files that the daemon serves, and nothing that needs another host.

import { defineConfig } from "vite";

const daemon = process.env["CALLCENTER_URL"] ?? "http://127.0.0.1:8080"; // what `npm run dev` shows the pages of

export default defineConfig({
  build: {
    outDir: "../callcenter/desktop/web",
    emptyOutDir: true,
    // light-dark(), <dialog> and popovers: two years old at the least
    target: ["chrome123", "firefox125", "safari17.5"],
    assetsInlineLimit: 0, // the Content-Security-Policy allows no data: addresses
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    reportCompressedSize: false,
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": { target: daemon, ws: true, changeOrigin: true, headers: { origin: daemon } } },
  },
});
