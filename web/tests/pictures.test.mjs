import assert from "node:assert/strict";
import { test } from "node:test";

import { decoded } from "../src/screens/pictures/lvgl.ts";

/** A picture of two rows with one pixel each. */
function picture({ magic = 0x19, format = 0x10, stride = 4, length = 12 + 2 * stride } = {}) {
  const body = new Uint8Array(length);
  body.set([magic, format, 0, 0, 1, 0, 2, 0, stride, 0]);
  if (length >= 16 + stride) {
    body.set([1, 2, 3, 255], 12);
    body.set([4, 5, 6, 128], 12 + stride);
  }
  return body.buffer;
}

test("pixels are blue, green, red, alpha, in rows that may be longer than the picture", () => {
  for (const stride of [4, 8]) {
    const { width, height, format, pixels } = decoded(picture({ stride }));
    assert.deepEqual([width, height, format], [1, 2, "ARGB8888"]);
    assert.deepEqual([...pixels], [3, 2, 1, 255, 6, 5, 4, 128]);
  }
});

test("other bytes are no picture", () => {
  for (const wrong of [{ magic: 0x12 }, { format: 0x0f }, { stride: 2 }, { length: 19 }, { length: 21 }])
    assert.throws(() => decoded(picture(wrong)), Error, JSON.stringify(wrong));
  assert.throws(() => decoded(new ArrayBuffer(3)), Error);
});
