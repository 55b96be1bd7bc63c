/** Copies a text to the clipboard and says whether it worked: pages over plain HTTP may not. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
