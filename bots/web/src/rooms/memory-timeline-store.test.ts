import { createMemoryTimelineStore } from "./memory-timeline-store.ts";
import { describeTimelineStore } from "./timeline-store.contract.ts";

describeTimelineStore("createMemoryTimelineStore", async () => createMemoryTimelineStore());
