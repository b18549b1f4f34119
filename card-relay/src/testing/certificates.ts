import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

/** PEM texts. */
export type KeyAndCertificate = { cert: string; key: string }
export type Authority = { cert: string; issue(options: IssueOptions): Promise<KeyAndCertificate> }
type IssueOptions = { name: string; use: 'server' | 'client'; expired?: boolean; host?: string }

const keyKind = { name: 'ECDSA', namedCurve: 'P-256' }
const signing = { name: 'ECDSA', hash: 'SHA-256' }
const dayMs = 86_400_000
const usages = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' }

/** Makes a certificate that vouches for itself, for the server at 127.0.0.1. */
export async function makeSelfSigned(name: string): Promise<KeyAndCertificate> {
  x509.cryptoProvider.set(webcrypto)
  const keys = await webcrypto.subtle.generateKey(keyKind, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: `CN=${name}`,
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + dayMs),
    keys,
    signingAlgorithm: signing,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  })
  return exportPair(certificate, keys)
}

/** Makes a certificate authority for one test file. */
export async function makeAuthority(name: string): Promise<Authority> {
  const { subtle } = webcrypto
  x509.cryptoProvider.set(webcrypto)
  const caKeys = await subtle.generateKey(keyKind, true, ['sign', 'verify'])
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: `CN=${name}`,
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + dayMs),
    keys: caKeys,
    signingAlgorithm: signing,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  })
  let serial = 1
  async function issue(options: IssueOptions): Promise<KeyAndCertificate> {
    serial += 1
    const keys = await subtle.generateKey(keyKind, true, ['sign', 'verify'])
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial.toString(16).padStart(2, '0'),
      subject: `CN=${options.name}`,
      issuer: root.subject,
      notBefore: new Date(Date.now() - 2 * dayMs),
      notAfter: new Date(Date.now() + (options.expired ? -dayMs : dayMs)),
      publicKey: keys.publicKey,
      signingKey: caKeys.privateKey,
      signingAlgorithm: signing,
      extensions: [
        new x509.ExtendedKeyUsageExtension([usages[options.use]]),
        new x509.SubjectAlternativeNameExtension([
          options.host ? { type: 'dns', value: options.host } : { type: 'ip', value: '127.0.0.1' },
        ]),
      ],
    })
    return exportPair(certificate, keys)
  }
  return { cert: root.toString('pem'), issue }
}

async function exportPair(
  certificate: x509.X509Certificate,
  keys: webcrypto.CryptoKeyPair,
): Promise<KeyAndCertificate> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') }
}
