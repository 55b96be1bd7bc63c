import { unpackBrowser } from "../bots/web/src/testing/browser.ts";

/** Before suites that drive a browser: one process would run it while another still unpacks it. */
export default unpackBrowser;
