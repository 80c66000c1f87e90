// Which kinds of objects are read, and which say nothing of packets, so that they can be left aside in silence. Any
// other kind is reported as unknown. Kinds only; nothing is read here.
import type { Unknown } from "../../problem.ts";
import { fullName, type KubernetesObject } from "./objects.ts";

/** The kinds that are read, and the API groups that they are of: Knative's Service is another thing. */
const groups: Readonly<Record<string, readonly string[]>> = {
  AdminNetworkPolicy: ["policy.networking.k8s.io"],
  BaselineAdminNetworkPolicy: ["policy.networking.k8s.io"],
  ClusterUserDefinedNetwork: ["k8s.ovn.org"],
  CronJob: ["batch"],
  DaemonSet: ["apps", "extensions"],
  Deployment: ["apps", "extensions"],
  DeploymentConfig: ["apps.openshift.io"],
  EndpointSlice: ["discovery.k8s.io"],
  Endpoints: [""],
  Ingress: ["networking.k8s.io", "extensions"],
  Job: ["batch"],
  MultiNetworkPolicy: ["k8s.cni.cncf.io"],
  Namespace: [""],
  NetworkAttachmentDefinition: ["k8s.cni.cncf.io"],
  NetworkPolicy: ["networking.k8s.io", "extensions"],
  Node: [""],
  Pod: [""],
  ReplicaSet: ["apps", "extensions"],
  ReplicationController: [""],
  Route: ["route.openshift.io"],
  Service: [""],
  StatefulSet: ["apps"],
  UserDefinedNetwork: ["k8s.ovn.org"],
  VirtualMachine: ["kubevirt.io"],
  VirtualMachineInstance: ["kubevirt.io"],
};

/** Kubernetes' own groups: a kind of one of them that is written under another is a slip of the pen. */
const ownGroups: ReadonlySet<string> = new Set([
  "",
  "apps",
  "batch",
  "discovery.k8s.io",
  "extensions",
  "networking.k8s.io",
  "policy",
]);

/** Kinds that nobody else has: whatever the group, they are meant. */
const unmistakable: ReadonlySet<string> = new Set([
  "ClusterUserDefinedNetwork",
  "MultiNetworkPolicy",
  "NetworkAttachmentDefinition",
  "UserDefinedNetwork",
]);

export function isRead(object: KubernetesObject): boolean {
  const known = Object.hasOwn(groups, object.kind) ? groups[object.kind] : undefined;
  if (known === undefined) return false;
  if (known.includes(object.group) || unmistakable.has(object.kind)) return true;
  return ownGroups.has(object.group) && known.some((group) => ownGroups.has(group));
}

/** What is read under a group that it is not of: a cluster would refuse it, and people are to know. */
export function slipOfGroup(object: KubernetesObject): Unknown[] {
  const known = groups[object.kind] ?? [];
  const [meant = ""] = known;
  if (known.includes(object.group)) return [];
  return [
    {
      origin: object.origin,
      what: `${fullName(object)} is written with the API group “${object.group}”, which has no ${object.kind}`,
      effect: `read as one of ${meant === "" ? "the core group" : meant}; a cluster would refuse it`,
    },
  ];
}

/** By kind, of Kubernetes' own groups: configuration, storage, identity, scheduling, events. */
const withoutBearing: ReadonlySet<string> = new Set([
  "APIService",
  "Binding",
  "CertificateSigningRequest",
  "ClusterRole",
  "ClusterRoleBinding",
  "ComponentStatus",
  "ConfigMap",
  "ControllerRevision",
  "CSIDriver",
  "CSINode",
  "CSIStorageCapacity",
  "CustomResourceDefinition",
  "Event",
  "FlowSchema",
  "HorizontalPodAutoscaler",
  "IngressClass",
  "Lease",
  "LimitRange",
  "MutatingWebhookConfiguration",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "PodDisruptionBudget",
  "PodSecurityPolicy",
  "PodTemplate",
  "PriorityClass",
  "PriorityLevelConfiguration",
  "ResourceQuota",
  "Role",
  "RoleBinding",
  "RuntimeClass",
  "Secret",
  "ServiceAccount",
  "StorageClass",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "ValidatingWebhookConfiguration",
  "VolumeAttachment",
  "VolumeSnapshot",
  "VolumeSnapshotClass",
]);

/** Groups whose objects describe machines, images, accounts or disks, whatever their kind. */
const groupsWithoutBearing: ReadonlySet<string> = new Set([
  "authorization.openshift.io",
  "build.openshift.io",
  "cdi.kubevirt.io",
  "image.openshift.io",
  "instancetype.kubevirt.io",
  "monitoring.coreos.com",
  "project.openshift.io",
  "rbac.authorization.k8s.io",
  "storage.k8s.io",
  "user.openshift.io",
]);

/** A kind that no reader took: nothing where it has no bearing on packets, otherwise an unknown. */
export function leftOver(object: KubernetesObject): Unknown[] {
  if (withoutBearing.has(object.kind) || groupsWithoutBearing.has(object.group)) return [];
  const group = object.group === "" ? "" : ` (${object.group})`;
  return [
    {
      origin: object.origin,
      what: `${fullName(object)}${group}`,
      effect: "its effect is not known: it may allow or refuse packets beyond what the answers say",
    },
  ];
}
