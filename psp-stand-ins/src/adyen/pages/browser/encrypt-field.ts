/**
 * Encrypts one field under the key of this Adyen, so that nobody between here and there reads it. Node's side is
 * `field-encryption.ts`: ECDH on P-256 with a key made for this once, whose secret is the AES-GCM key.
 */
export async function encryptField(publicKey: string, name: string, value: string): Promise<string> {
  const curve = { name: 'ECDH', namedCurve: 'P-256' }
  const theirs = await crypto.subtle.importKey('raw', fromBase64(publicKey), curve, false, [])
  const once = await crypto.subtle.generateKey(curve, false, ['deriveKey'])
  const key = await crypto.subtle.deriveKey(
    { name: 'ECDH', public: theirs },
    once.privateKey,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt'],
  )
  const iv = crypto.getRandomValues(new Uint8Array(12))
  // Filled up with spaces to the length of Adyen's own texts.
  const text = JSON.stringify({ [name]: value, generationtime: new Date().toISOString() }).padEnd(384)
  const plain = new TextEncoder().encode(text)
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain))
  const oncePublic = new Uint8Array(await crypto.subtle.exportKey('raw', once.publicKey))
  return `adyenjs_0_1_18$${toBase64(oncePublic)}$${toBase64(new Uint8Array([...iv, ...sealed]))}`
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}
