/** The channel that an address names after its `#`; empty if it names none or what stands there is no text. */
export function channelInAddress(fragment: string): string {
  try {
    return decodeURIComponent(fragment.slice(1));
  } catch {
    return "";
  }
}
