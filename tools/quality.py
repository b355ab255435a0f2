#!/usr/bin/env python3
"""Measure the coder against hand-coded corpora and write QUALITY.md.

usage: quality.py PROGRAM SHARED [OUT]    (make quality)
       quality.py --brief PROGRAM SHARED  one line a corpus
       quality.py --confidence PROGRAM SHARED OUT  how often each pattern is right (make confidence)

PROGRAM is the quidnunc program, SHARED the folder with gold/ and tools/score-events.py, which does the scoring. Confidence intervals
are the 2.5th and 97.5th percentiles of 200 resamplings of the sentences (documents for document corpora).
"""
import collections, concurrent.futures, importlib.util, json, os, random, subprocess, sys

SETS = [("plv_train_en", ["TYPE"]), ("cameo_quad_train_en", ["DET", "QUAD"]), ("popcorn_train_det_fr", ["DET"]),
        ("wikinews_dev_fr", ["DET", "TYPE", "FULL"]), ("fundus_dev_en", ["DET", "TYPE", "FULL"])]
TARGETS = {("plv_train_en", "TYPE"): 65, ("cameo_quad_train_en", "DET"): 90, ("popcorn_train_det_fr", "DET"): 55,
           ("wikinews_dev_fr", "DET"): 80, ("wikinews_dev_fr", "TYPE"): 65, ("wikinews_dev_fr", "FULL"): 50,
           ("fundus_dev_en", "DET"): 70, ("fundus_dev_en", "TYPE"): 55, ("fundus_dev_en", "FULL"): 40}


def scorer(shared):
    spec = importlib.util.spec_from_file_location("scorer", os.path.join(shared, "tools", "score-events.py"))
    m = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(m)
    return m


def lines(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(l) for l in f]


def code(program, shared, name, m):
    gold = os.path.join(shared, "gold", name)
    docs = gold + ".docs.jsonl"
    source = docs if os.path.exists(docs) else gold + ".jsonl"
    out = subprocess.run([program, "code", "--gold-format", source], check=True, stdout=subprocess.PIPE).stdout.decode()
    pred = {d["id"]: d["events"] for d in map(json.loads, out.splitlines())}
    if source == docs:
        pred = m.by_sentence(lines(docs), pred)
    return lines(gold + ".jsonl"), pred


def interval(m, gold, pred, key):
    random.seed(4)
    groups = collections.defaultdict(list)
    for g in gold:
        groups[g["id"].split("#")[0]].append(g)
    groups = list(groups.values())
    xs = sorted(m.score([g for group in random.choices(groups, k=len(groups)) for g in group], pred)[key]["F1"] for _ in range(200))
    return xs[5], xs[194]


def confusion(m, gold, pred):
    table, kinds = collections.Counter(), collections.Counter()
    for r in gold:
        events = [e for e in pred.get(r["id"], []) if not r.get("only") or m.typ(e) in r["only"]]
        r = m.choose(r, events)
        g, p = collections.Counter(map(m.typ, r["gold"])), collections.Counter(map(m.typ, events))
        for t, n in (g & p).items():
            table[t, t] += n
        missed, extra = list((g - p).elements()), list((p - g).elements())
        for t in missed:
            if not t:
                continue
            found = extra.pop(0) if extra else "nothing"
            table[t, found] += 1
            kinds[f"{t} coded as {found}" if found != "nothing" else f"{t} missed"] += 1
        for t in extra:
            table["nothing", t] += 1
            kinds[f"{t} where people see {'another event' if r['gold'] else 'nothing'}"] += 1
        if not r["gold"] or any(x.get("source") is None for x in r["gold"]):
            continue
        rest = list(events)
        for x in r["gold"]:
            same = [e for e in rest if m.typ(e) == m.typ(x)]
            if not same:
                continue
            e = min(same, key=lambda e: (m.ct(e["source"]) != m.ct(x["source"])) + (m.ct(e["target"]) != m.ct(x["target"])))
            rest.remove(e)
            for name, have, want in (("who", e["source"], x["source"]), ("whom", e["target"], x["target"])):
                a, b = m.ct(have) or (), m.ct(want) or ()
                if a != b:
                    kinds[f"{name} {'missing' if not a else 'made up' if not b else 'another'} in a right type"] += 1
    return table, kinds


def patterns(m, gold, pred):
    """How often the events that each pattern told are of a type that people see in the sentence: (pattern, sides told) -> right, told."""
    right, told = collections.Counter(), collections.Counter()
    for r in gold:
        events = pred.get(r["id"], [])
        rest = collections.Counter(map(m.typ, m.choose(r, events)["gold"]))
        for e in events:
            key = e["pattern"], bool(e["source"]) + bool(e["target"])
            told[key] += 1
            if rest[m.typ(e)] > 0:
                rest[m.typ(e)] -= 1
                right[key] += 1
    return right, told


def confidence(program, shared, m, out):
    right, told = collections.Counter(), collections.Counter()
    for name, keys in SETS:
        if "TYPE" in keys:
            a, b = patterns(m, *code(program, shared, name, m))
            right.update(a)
            told.update(b)
    lines = ["# How often the events of each pattern are of a type that people see in the sentence, on the development corpora whose",
             "# events are typed. Written by make confidence: pattern | sides whose country is told | right | told"]
    lines += [f"{p} | {n} | {right[p, n]} | {told[p, n]}" for p, n in sorted(told)]
    with open(out, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")


def brief(name, o):
    f = lambda k: f"{k} {o[k]['P']:.1f}/{o[k]['R']:.1f}={o[k]['F1']:.1f}"
    keys = {"plv_train_en": ["TYPE"], "cameo_quad_train_en": ["DET", "QUAD"], "popcorn_train_det_fr": ["DET"]}.get(name, ["DET", "TYPE", "SRC", "TGT", "FULL"])
    print(f"{name:21s}", "  ".join(map(f, keys)), f" fp {o['DET']['fp']} x{o['XTRA']} swap {o['SWAP_pct']}", flush=True)


def write(results, version, out):
    w = ["<!-- coding -->", "## Coding", "", f"`make quality` wrote this section: {version}.",
         "The corpora are development sets; P, R and F1 in per cent, with the 95 % interval of F1 from resampling.", "",
         "| corpus | figure | P | R | F1 | interval | wanted |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for name, keys, o, ci, _, _ in results:
        for k in keys:
            v = o[k]
            w.append(f"| {name} | {k} | {v['P']} | {v['R']} | **{v['F1']}** | {ci[k][0]}–{ci[k][1]} | {TARGETS.get((name, k), '')} |")
        w.append(f"| {name} | over-production ×{o['XTRA']}, swapped {o['SWAP_pct']} % of misses, false positives {o['DET']['fp']} of {o['DET']['fp'] + o['DET']['tn']} | | | | | |")
    kinds = collections.Counter()
    for name, keys, o, ci, table, k in results:
        kinds.update(k)
        if "TYPE" not in keys:
            continue
        w += ["", f"### {name} by type", "", "| type | P | R | F1 | gold | coded | most often taken for |", "| --- | --- | --- | --- | --- | --- | --- |"]
        for t, v in o["per_type"].items():
            wrong = [f"{b} {n}" for (a, b), n in table.most_common() if a == t and b != t][:3]
            w.append(f"| {t} | {v['P']} | {v['R']} | {v['F1']} | {v['n_gold']} | {v['n_pred']} | {', '.join(wrong)} |")
    w += ["", "### The most frequent errors", "", "| kind | how often |", "| --- | --- |"]
    w += [f"| {k} | {n} |" for k, n in kinds.most_common(20)]
    section = "\n".join(w) + "\n<!-- end of coding -->\n"
    old = open(out, encoding="utf-8").read() if os.path.exists(out) else ""
    before, mark, rest = old.partition("<!-- coding -->\n")
    after = rest.partition("<!-- end of coding -->\n")[2] if mark else ""
    if not mark:
        before = old and old.rstrip("\n") + "\n\n"
    with open(out, "w", encoding="utf-8") as f:
        f.write(before + section + after)


def main():
    args = [a for a in sys.argv[1:] if not a.startswith("--")]
    program, shared = args[0], args[1]
    if not os.path.isdir(os.path.join(shared, "gold")):
        sys.exit(f"no hand-coded corpora at {shared}/gold: nothing measured")
    m = scorer(shared)
    if "--confidence" in sys.argv:
        return confidence(program, shared, m, args[2])
    results = []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        coded = pool.map(lambda s: code(program, shared, s[0], m), SETS)
        for (name, keys), (gold, pred) in zip(SETS, coded):
            o = m.score(gold, pred)
            brief(name, o)
            if "--brief" in sys.argv:
                continue
            table, kinds = confusion(m, gold, pred)
            results.append((name, keys, o, {k: interval(m, gold, pred, k) for k in keys}, table, kinds))
    if results:
        told = subprocess.run([program, "version"], check=True, stdout=subprocess.PIPE).stdout.decode()
        version = "coder " + next(l.split()[1] for l in told.splitlines() if l.startswith("coder")) + " (version+lexicon.gazetteer)"
        write(results, version, args[2] if len(args) > 2 else "QUALITY.md")


main()
