"""One load while its lock is held: check everything, then write it. See `loaders/run.py` for the order.

Apart from there because it needs the dataframe engine, whose import alone takes a second: a source that is
loaded already is recognised without it.
"""

import json
from dataclasses import dataclass, replace

import numpy as np

from graph.aggregate import connect
from graph.home import Home
from graph.log import SMALL, PaymentLog
from graph.policy.values import Policy
from graph.stores.base import GraphStore, Load
from loaders.adding import patch_edges
from loaders.catalogue import apply, assume_consent, changed_labels
from loaders.files import TableFile
from loaders.interning import Interners, store_interners
from loaders.parsing import Parser
from loaders.payments import Intake
from loaders.placing import Labels, labels_of, labels_of_some
from loaders.pseudonyms import Pseudonyms
from loaders.readers import num_rows
from loaders.recovery import Told, commit, drop_touched, set_touched, unknown_category
from loaders.refused import Refused
from loaders.relabel import Relabelled, relabel
from loaders.report import LoadReport
from loaders.staging import Staging
from loaders.tables import KEYS, Columns, TableReader
from loaders.writing import MOST_PAIRS, Written, write_segment

MOST_SMALL_SEGMENTS = 16  # of the log, before they are merged
PATCHED_SHARE = 0.1  # of the log's rows: up to here single edges are set, above all edges of the users


@dataclass
class Job:
    """What a load works with."""

    sources: tuple[str, ...]
    home: Home
    store: GraphStore
    policy: Policy
    now: int
    memory: str
    threads: int | None
    told: Told

    def __post_init__(self) -> None:
        self.log = PaymentLog(self.home.log)

    def run(
        self, files: list[TableFile], mark: str, pseudonyms: Pseudonyms, *, dry_run: bool, public: bool
    ) -> LoadReport:
        """Load files whose content is `mark`; `public` grants every purpose for everybody in them."""
        report = LoadReport(mark[:16], self.sources, dry_run=dry_run)
        staging = Staging(self.log.staging)
        try:
            report, tables, intake = self._check(files, staging, report)
            if dry_run:
                return report
            return self._write(tables, intake, pseudonyms, report, mark, public=public)
        finally:
            staging.remove()

    # -- 1: check -----------------------------------------------------------------------------------

    def _check(
        self, files: list[TableFile], staging: Staging, report: LoadReport
    ) -> tuple[LoadReport, dict[str, Columns], Intake]:
        connection = connect(self.log.staging, self.memory, self.threads)
        parser = Parser(connection, self.log.folder / "compiled")
        with Refused(self.home.refused, report.load_id) as refused:
            reader = TableReader(parser, refused, self.now)
            tables = {}
            for table in (name for name in KEYS if any(file.table == name for file in files)):
                self.told(f"reading {table}", 0, 0)
                tables[table] = reader.read(table, [file for file in files if file.table == table])
            payments = [file for file in files if file.table == "payments"]
            intake = self._take_in(payments, staging, refused, parser)
        connection.close()
        notes = [f"{note} ({rows:,} rows)" for note, rows in sorted((reader.notes + intake.notes).items())]
        for tally in (*reader.tallies, *intake.tallies):
            notes += [f"{tally.file}: column {name!r} is not ours; ignored" for name in tally.ignored_columns]
        report = replace(
            report,
            files=(*reader.tallies, *intake.tallies),
            totals=tuple(intake.totals.as_rows()),
            notes=tuple(notes),
            refused_file=refused.path,
        )
        return report, tables, intake

    def _take_in(
        self, payments: list[TableFile], staging: Staging, refused: Refused, parser: Parser
    ) -> Intake:
        """Read and check the files of payments, and count what they repeat."""
        known = np.sort(self.store.inbox()["payment"])
        intake = Intake(self.log, staging, refused, self.policy, parser, self.now, known)
        total = num_rows(payments)
        intake.read(payments, lambda done: self.told("reading payments", done, total))
        intake.count_repeated()
        return intake

    # -- 2 to 6: write ------------------------------------------------------------------------------

    def _write(
        self,
        tables: dict[str, Columns],
        intake: Intake,
        pseudonyms: Pseudonyms,
        report: LoadReport,
        mark: str,
        *,
        public: bool,
    ) -> LoadReport:
        store = self.store
        interners, labels, changed = self._write_catalogue(tables, intake.staging, pseudonyms, public)
        name = report.load_id
        written = self._segment(intake, interners, labels, name)
        if public:
            self.told("granting consents", 0, 0)
            assume_consent(store, interners.user.touched)
        report = replace(
            report,
            touched=interners.counts(),
            relabelled=changed.rows,
            walled=written.walled,
            refunds=written.refunds,
        )
        entry = Load(report.load_id, " ".join(self.sources), mark, "logged", self.now, _json(report))
        store.put_load(entry)
        manifest = self.log.manifest().replaced((), [written.segment])
        manifest = replace(manifest, loads=tuple(waiting.load_id for waiting in store.loads("logged")))
        users = np.union1d(written.users, changed.users)
        commit(self.log, store, self.policy, changed, name=name, users=users, manifest=manifest)
        store.set_meta("labels", "")
        report = replace(report, edges=self._add_up(name, written, changed))
        store.put_load(replace(entry, state="done", report=_json(report)))
        drop_touched(self.log)
        if sum(segment.rows < SMALL for segment in self.log.segments()) > MOST_SMALL_SEGMENTS:
            self.log.compact()
        return report

    def _segment(self, intake: Intake, interners: Interners, labels: Labels, name: str) -> Written:
        return write_segment(self.log, intake, interners, labels, segment_id=name, told=self.told)

    def _add_up(self, name: str, written: Written, changed: Relabelled) -> dict[str, int]:
        """Set the edges that follow from what was committed; returns how many, by kind."""
        total = sum(segment.rows for segment in self.log.segments())
        limits = {"memory": self.memory, "threads": self.threads}
        if written.pairs is None or len(changed.users) or written.segment.rows > PATCHED_SHARE * total:
            return set_touched(self.log, self.store, told=self.told, **limits)[name]  # type: ignore[arg-type]
        return patch_edges(
            self.log,
            self.store,
            written.pairs,
            progress=lambda done, of: self.told("adding up", done, of),
            **limits,  # type: ignore[arg-type]
        )

    def _write_catalogue(
        self, tables: dict[str, Columns], staging: Staging, pseudonyms: Pseudonyms, public: bool
    ) -> tuple[Interners, Labels, Relabelled]:
        """Write all tables but payments; earlier payments get the labels that follow from them."""
        store = self.store
        self.told("catalogue", 0, 0)
        if public:
            store.set_meta("terms", "public")
        if "users" in tables:
            store.set_meta("users_table", "yes")
        # Compared before the catalogue is written, and only where earlier payments may have to follow.
        changed = changed_labels(store, tables) if self.log.segments() else {}
        concerns_log = any(len(indices) for indices in changed.values())
        if concerns_log:
            store.set_meta("labels", "pending")
        interners = store_interners(store, pseudonyms, verified_adults=store.meta("users_table") is None)
        apply(store, tables, interners, now=self.now)
        if not concerns_log:
            return interners, self._labels(staging), Relabelled()
        labels = labels_of(store, self.policy, unknown_category(store, self.policy))
        total = len(self.log.segments())
        told = self.told
        done = relabel(self.log, labels, changed, lambda n: told("raising scenes and walls", n, total))
        return interners, labels, done

    def _labels(self, staging: Staging) -> Labels:
        """Labels of what the new payments name: a few things, or the whole catalogue at once."""
        unknown = unknown_category(self.store, self.policy)
        if staging.num_rows > MOST_PAIRS:
            return labels_of(self.store, self.policy, unknown)
        ids = {label: staging.ids(label.lower()) for label in ("Product", "Merchant")}
        return labels_of_some(self.store, self.policy, unknown, ids)


def _json(report: LoadReport) -> str:
    return json.dumps(report.as_dict(), ensure_ascii=False)
