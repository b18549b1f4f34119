import { CfnCertificate, CfnCertificateAuthority, CfnCertificateAuthorityActivation } from 'aws-cdk-lib/aws-acmpca'
import { CfnRole } from 'aws-cdk-lib/aws-iam'
import { CfnHttpNamespace } from 'aws-cdk-lib/aws-servicediscovery'
import { Construct } from 'constructs'
import type { Environment } from '../environments.ts'
import { trustOf } from '../trust.ts'

/** What Service Connect needs to encrypt between services. */
export type InternalTls = {
  namespaceArn: string
  authorityArn: string
  roleArn: string
  activation: CfnCertificateAuthorityActivation
}

/**
 * A private authority for certificates of a week, which ECS issues, hands to the proxies of Service Connect and replaces
 * after five days. Nobody handles a key.
 */
export function createInternalTls(scope: Construct, environment: Environment): InternalTls {
  const home = new Construct(scope, 'InternalTls')
  const authority = new CfnCertificateAuthority(home, 'Authority', {
    type: 'ROOT',
    usageMode: 'SHORT_LIVED_CERTIFICATE',
    keyAlgorithm: 'EC_prime256v1',
    signingAlgorithm: 'SHA256WITHECDSA',
    keyStorageSecurityStandard: 'FIPS_140_2_LEVEL_3_OR_HIGHER',
    subject: { commonName: `fincore-${environment.name} internal`, organization: 'FinCore' },
    // ECS uses authorities with this tag alone.
    tags: [{ key: 'AmazonECSManaged', value: 'true' }],
  })
  const root = new CfnCertificate(home, 'Root', {
    certificateAuthorityArn: authority.attrArn,
    certificateSigningRequest: authority.attrCertificateSigningRequest,
    signingAlgorithm: 'SHA256WITHECDSA',
    templateArn: 'arn:aws:acm-pca:::template/RootCACertificate/V1',
    validity: { type: 'YEARS', value: 10 },
  })
  const activation = new CfnCertificateAuthorityActivation(home, 'Activation', {
    certificateAuthorityArn: authority.attrArn,
    certificate: root.attrCertificate,
    status: 'ACTIVE',
  })
  const role = new CfnRole(home, 'Issuer', {
    assumeRolePolicyDocument: trustOf('ecs.amazonaws.com', environment),
    managedPolicyArns: [
      'arn:aws:iam::aws:policy/service-role/AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity',
    ],
  })
  const namespace = new CfnHttpNamespace(home, 'Namespace', { name: `fincore-${environment.name}` })
  return { namespaceArn: namespace.attrArn, authorityArn: authority.attrArn, roleArn: role.attrArn, activation }
}
