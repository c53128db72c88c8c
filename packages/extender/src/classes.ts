import type { ClassParameters, StorageClass } from "@stowage/api";
import { parseClassParameters, provisionerName } from "@stowage/api";

/** A class whose volumes Stowage makes. */
export type OurClass = {
  readonly storageClass: StorageClass;
  readonly reading:
    | { readonly kind: "valid"; readonly parameters: ClassParameters }
    | { readonly kind: "invalid"; readonly problem: string };
};

const defaultClassAnnotation = "storageclass.kubernetes.io/is-default-class";

/** The StorageClasses, of which only Stowage's can be looked up. */
export class Classes {
  readonly #all = new Map<string, StorageClass>();
  readonly #ours = new Map<string, OurClass>();

  set(storageClass: StorageClass): void {
    const { name } = storageClass.metadata;
    this.#all.set(name, storageClass);
    if (storageClass.provisioner === provisionerName) {
      this.#ours.set(name, { storageClass, reading: parseClassParameters(storageClass) });
    } else {
      this.#ours.delete(name);
    }
  }

  delete(name: string): void {
    this.#all.delete(name);
    this.#ours.delete(name);
  }

  ours(name: string | undefined): OurClass | undefined {
    return name === undefined ? undefined : this.#ours.get(name);
  }

  /**
   * The class that a claim without one gets; undefined if that is another driver's. Of several
   * defaults the newest counts. Source: k8s.io/kubernetes/pkg/volume/util/storageclass.go.
   */
  ourDefault(): OurClass | undefined {
    const [newest] = [...this.#all.values()]
      .filter(({ metadata }) => metadata.annotations[defaultClassAnnotation] === "true")
      .map(({ metadata }) => metadata)
      .toSorted(
        (a, b) => compare(b.creationTimestamp, a.creationTimestamp) || compare(a.name, b.name),
      );
    return this.ours(newest?.name);
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
