import { writeFileSync } from "node:fs";
import { crdFile, crdText } from "./crd-file.ts";

writeFileSync(crdFile, crdText());
