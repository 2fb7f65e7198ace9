"""validate_traces.py SCHEMA FILE...   prints each line that the schema of a trace refuses, and why

Traces that the program wrote begin with `run`; files that do not are left alone, and counted.
"""
import json
import sys

import fastjsonschema

MOST_FAULTS = 20


def main(schema_path, *files):
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    definitions = schema["definitions"]
    # Only the definition of the record's name can match: compiled alone, it also reports why not.
    known = {}
    for name, record in definitions["records"].items():
        known[name] = fastjsonschema.compile({**record, "definitions": definitions})
    whole = fastjsonschema.compile(schema)
    lines = faults = others = 0
    for path in files:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                record = json.loads(line)
                if number == 1 and record.get("event") != "run":
                    others += 1
                    break
                lines += 1
                name = f"{record['layer']}-{record['event']}"
                if record.get("role") == "listener" and name == "event-close":
                    name += "-of-a-listener"
                try:
                    known.get(name, whole)(record)
                except fastjsonschema.JsonSchemaException as fault:
                    faults += 1
                    if faults <= MOST_FAULTS:
                        print(f"{path}:{number}: {name}: {fault.message}: {line[:300].rstrip()}")
    print(f"{lines} lines validated, {others} files of others", file=sys.stderr)
    return 1 if faults else 0


sys.exit(main(*sys.argv[1:]))
