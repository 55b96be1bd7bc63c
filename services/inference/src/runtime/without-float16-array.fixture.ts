// onnxruntime-common takes Float16Array for float16 where there is one (Node 24), and onnxruntime-node 1.30 then reads 0 bytes
// of it. Without, it takes Uint16Array as on Node 20.
Reflect.deleteProperty(globalThis, "Float16Array");
