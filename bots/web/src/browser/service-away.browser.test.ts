import { describe, expect, it } from "vitest";
import { useStageWithAda } from "../testing/stage.ts";
import { TEST_MODELS } from "../testing/test-models.ts";
import { TestPage } from "../testing/test-page.ts";
import { startTestServer } from "../testing/test-server.ts";

const on = useStageWithAda();

describe("when the model service is away", () => {
  it("says so, and takes what is sent, which is answered once it is back", async () => {
    on.server.inference.setServing(false);
    await on.ada.page.getByText("The model service is not reachable.").waitFor();
    await on.ada.send("What is a dog?");
    await on.ada.page.locator(".reply-status").waitFor();
    expect(await on.ada.composer.inputValue()).toBe("");
    on.server.inference.setServing(true);
    await on.ada.waitForReplies(1);
    await on.ada.page.locator(".banner").waitFor({ state: "detached" });
  });

  it("promises nothing once the chat server is away as well", async () => {
    const banner = on.ada.page.locator(".banner");
    on.server.inference.setServing(false);
    await banner.getByText("if this lasts, whoever runs Cria has to look after it").waitFor();
    await on.server.close();
    await banner.getByText("The chat server cannot be reached. Trying again… If this lasts,").waitFor();
    expect(await banner.textContent()).not.toContain("once it is back");
  });

  it("says so to who comes then", async () => {
    on.server.inference.setServing(false);
    await on.ada.page.reload();
    await on.ada.page.getByText("The model service is not reachable.").waitFor();
    await on.ada.page.locator(".picker-button").click();
    await on.ada.page.getByText("its models are not known").waitFor();
  });

  it("names the model that answers as before, and the one that does once it is back", async () => {
    const [fewShot] = TEST_MODELS.slice(1);
    await on.ada.model.getByText("smollm2-135m").waitFor();
    on.server.inference.setServing(false);
    await on.ada.send("/system A pirate.");
    await on.ada.page.locator(".persona").waitFor();
    expect(await on.ada.model.textContent()).toBe("smollm2-135m");
    on.server.inference.models = [{ ...fewShot!, isDefault: true }];
    on.server.inference.setServing(true);
    await on.ada.model.getByText(fewShot!.name).waitFor();
    await on.ada.openChannel("random");
    await on.ada.model.getByText(fewShot!.name).waitFor();
  });

  it("names the model to who came before it was ever there", async () => {
    const late = await startTestServer();
    late.inference.setServing(false);
    const ben = await TestPage.join(on.browser, late.url, "Ben");
    await ben.model.getByText("no model").waitFor();
    late.inference.setServing(true);
    await ben.model.getByText("smollm2-135m").waitFor();
    await ben.close();
    await late.close();
  });
});
