/** The image format of LVGL 9, as `GET /api/images/lvgl` answers with it (`lv_image_header_t`). */

const HEADER = 12;
const MAGIC = 0x19;
const ARGB8888 = 0x10;
const PIXEL = 4;

export interface LvglImage {
  width: number;
  height: number;
  /** The name of the colour format in LVGL. */
  format: string;
  /** Red, green, blue and alpha of each pixel, in rows from the top. */
  pixels: Uint8ClampedArray<ArrayBuffer>;
}

/**
 * The picture that a device draws of these bytes.
 *
 * @throws {Error} The bytes are no such picture.
 */
export function decoded(body: ArrayBuffer): LvglImage {
  if (body.byteLength < HEADER) throw new Error("no header");
  const header = new DataView(body);
  const format = header.getUint8(1);
  const [width, height, stride] = [4, 6, 8].map((at) => header.getUint16(at, true)) as [
    number,
    number,
    number,
  ];
  if (header.getUint8(0) !== MAGIC) throw new Error("no LVGL 9 image");
  if (format !== ARGB8888) throw new Error(`colour format ${format}`);
  if (stride < width * PIXEL || body.byteLength !== HEADER + stride * height)
    throw new Error("another length");
  return { width, height, format: "ARGB8888", pixels: pixelsOf(body, width, height, stride) };
}

function pixelsOf(
  body: ArrayBuffer,
  width: number,
  height: number,
  stride: number,
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(width * height * PIXEL);
  for (let row = 0; row < height; row++) {
    pixels.set(new Uint8ClampedArray(body, HEADER + row * stride, width * PIXEL), row * width * PIXEL);
  }
  for (let at = 0; at < pixels.length; at += PIXEL) {
    const blue = pixels[at] ?? 0;
    pixels[at] = pixels[at + 2] ?? 0;
    pixels[at + 2] = blue;
  }
  return pixels;
}
