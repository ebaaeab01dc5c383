"""What is asked before anybody is treated (domain 4.1): each item with its level, its texts and their sources.

The program shows the texts and stores answers and decisions; it gives no verdict.
"""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

FORM_VERSION = "2026-1"


class Reply(TextChoices):
    YES = "yes", pgettext_lazy("answer", "yes")
    NO = "no", pgettext_lazy("answer", "no")
    NOT_KNOWN = "not-known", pgettext_lazy("answer", "not known")
    DECLINED = "declined", pgettext_lazy("answer", "declined")
    NOT_APPLICABLE = "not-applicable", pgettext_lazy("answer", "not applicable")


ASKED_OF_ALL = (Reply.YES, Reply.NO, Reply.NOT_KNOWN, Reply.DECLINED)


class Level(TextChoices):
    NEVER = "never", _("in no case")
    CONSULT = "consultation", _("physician's decision with consultation")
    NOT_ADVISED = "not-advised", _("sources say do not use")
    DECISION = "decision", pgettext_lazy("level", "physician decides")
    LOCAL = "local", _("this body area only")
    TEMPORARY = "temporary", _("for the time being")


class DecisionWord(TextChoices):
    PROCEED = "proceed", _("proceed")
    WITH_CHANGE = "proceed-with-change", _("proceed with a change")
    DO_NOT = "do-not-proceed", _("do not proceed")


@dataclass(frozen=True)
class Item:
    """One question. `sources` name where the text comes from; `each_session`: asked again at every session."""

    code: str
    question: str | Promise
    short: str | Promise
    level: Level
    text: str | Promise
    sources: str
    each_session: bool = False
    may_not_apply: bool = False

    @property
    def absolute(self) -> bool:
        return self.level == Level.NEVER

    @property
    def replies(self) -> list[tuple[str, str | Promise]]:
        return [(reply.value, reply.label) for reply in Reply if reply != Reply.NOT_APPLICABLE or self.may_not_apply]


ITEMS = (
    Item(
        "heart_disease",
        _("Do you have a disease of the heart, even in the past or only suspected?"),
        _("heart disease"),
        Level.NEVER,
        _("The source article: in no case, even at low intensity. A maker: suspected or diagnosed heart problems."),
        "article 2008, S03, S10, S78",
        each_session=True,
    ),
    Item(
        "arrhythmia",
        _("Do you have a disorder of the heart rhythm, even in the past or only suspected?"),
        _("heart-rhythm disorder"),
        Level.NEVER,
        _("The source article: in no case, even at low intensity."),
        "article 2008, S79, S80",
        each_session=True,
    ),
    Item(
        "iud",
        _("Do you have an intra-uterine device (copper, hormonal or of unknown type)?"),
        _("intra-uterine device"),
        Level.NEVER,
        _(
            "The source article: in no case, any type. Makers and guidelines: those that contain metal, some only when feet are treated."
        ),
        "article 2008, S02, S03, S79, S28b",
        each_session=True,
        may_not_apply=True,
    ),
    Item(
        "pregnancy",
        _("Are you pregnant, or might you be?"),
        _("pregnant or possibly pregnant"),
        Level.CONSULT,
        _(
            "The source article: a prior consultation is strongly advised. Makers, a guideline and hospital leaflets: do not use, no experience."
        ),
        "article 2008, S02, S03, S12, S28, S28b, S77",
        each_session=True,
        may_not_apply=True,
    ),
    Item(
        "pacemaker",
        _("Do you have a pacemaker?"),
        _("pacemaker"),
        Level.NOT_ADVISED,
        _("Every source that names it: do not use."),
        "S28b",
    ),
    Item(
        "icd",
        _("Do you have an implanted defibrillator?"),
        _("implanted defibrillator"),
        Level.NOT_ADVISED,
        _("Makers: do not use."),
        "S03, S79",
    ),
    Item(
        "active_implant",
        _("Do you have another active implant (stimulator, pump, cochlear implant …)?"),
        _("other active implant"),
        Level.NOT_ADVISED,
        _("A maker's leaflet and a review of electrode therapy: do not use."),
        "S81",
        each_session=True,
    ),
    Item(
        "metal_path",
        _("Do you have metal in the body (plate, screw, joint)? Where?"),
        _("metal implant"),
        Level.DECISION,
        _(
            "One maker: do not use when it lies in the path of the current; another leaves it to the physician; a laboratory test found no heating or corrosion."
        ),
        "S10, S03, S27",
        each_session=True,
    ),
    Item(
        "metal_removable",
        _("Do you wear jewellery, a piercing or fixed braces at or near the site?"),
        _("jewellery, piercing, braces"),
        Level.TEMPORARY,
        _("Take it off; one hospital leaflet lists fixed braces."),
        "S12",
        each_session=True,
    ),
    Item(
        "epilepsy",
        _("Do you have epilepsy?"),
        _("epilepsy"),
        Level.NOT_ADVISED,
        _("Three makers: do not use."),
        "S03, S10, S79",
    ),
    Item(
        "skin",
        _("Do you have a wound, eczema, an infection or a rash at the site?"),
        _("skin lesion at the site"),
        Level.LOCAL,
        _("A guideline and a maker: cover small lesions; large ones or ones that cannot be covered exclude the site."),
        "S02, S03",
        each_session=True,
    ),
    Item(
        "sensation",
        _("Is your feeling reduced or absent at the site (nerve disease, diabetes)?"),
        _("reduced feeling at the site"),
        Level.LOCAL,
        _("A maker: not at this site."),
        "S03",
        each_session=True,
    ),
    Item(
        "malignancy",
        _("Do you have a cancer at or near the site?"),
        _("cancer at or near the site"),
        Level.LOCAL,
        _("Makers: not at this site."),
        "S03, S79",
    ),
    Item(
        "vascular",
        _("Do you have a thrombosis or a severe disorder of the circulation?"),
        _("thrombosis, circulation disorder"),
        Level.LOCAL,
        _("A maker: do not use."),
        "S79",
    ),
    Item(
        "child",
        _("Is the patient a child?"),
        _("child"),
        Level.DECISION,
        _("Makers: not under six years; a hospital leaflet sets other limits for children."),
        "S10, S79, S77, S12",
    ),
    Item(
        "drug_allergy",
        _("Are you allergic to the substance, the medium or the electrode?"),
        _("allergy to substance or electrode"),
        Level.NOT_ADVISED,
        _("A university department: not with this substance."),
        "S78",
        each_session=True,
    ),
    Item(
        "drug_ci",
        _(
            "Do you have a condition that conflicts with the substance (for example glaucoma, difficulty passing urine)?"
        ),
        _("condition against the substance"),
        Level.DECISION,
        _("General knowledge, to be checked by the physician for the substance used."),
        "general",
    ),
    Item(
        "chest_head",
        _("Would the current pass through the chest, the head or the sinuses?"),
        _("current path through chest or head"),
        Level.NOT_ADVISED,
        _("A maker: do not use. Sweat test: never across the trunk."),
        "S03, S47",
    ),
    Item(
        "o2",
        _("Is the patient in an oxygen-enriched enclosure?"),
        _("oxygen-enriched enclosure"),
        Level.TEMPORARY,
        _("A laboratory: never."),
        "S47",
    ),
    Item(
        "diabetes",
        _("Do you have diabetes?"),
        _("diabetes"),
        Level.DECISION,
        _("A maker: stimulation may act on insulin. One published burn."),
        "S82, S74",
    ),
    Item(
        "bleeding",
        _("Do you bruise easily or take an anticoagulant?"),
        _("bruising, anticoagulant"),
        Level.DECISION,
        _("A maker: weigh the risk."),
        "S82",
    ),
    Item(
        "cream",
        _("Is there a cream with metal ions on the site?"),
        _("cream with metal ions"),
        Level.TEMPORARY,
        _("A university department: not while it is on the site."),
        "S78",
    ),
    Item(
        "electro_sens",
        _("Are you sensitive to electric current, or unable to say what you feel?"),
        _("sensitive to current, cannot report"),
        Level.DECISION,
        _("A maker: the physician decides."),
        "S10",
    ),
    Item(
        "breastfeeding",
        _("Are you breast-feeding?"),
        _("breast-feeding"),
        Level.DECISION,
        _("No source makes a statement; the question was only raised."),
        "S28b",
    ),
    Item(
        "other",
        _("Is there anything else about your health that we should know?"),
        _("anything else"),
        Level.DECISION,
        _("For the physician to read and decide."),
        "clinic",
        each_session=True,
    ),
)
BY_CODE = {item.code: item for item in ITEMS}
ABSOLUTE = tuple(item.code for item in ITEMS if item.absolute)
EACH_SESSION = tuple(item for item in ITEMS if item.each_session)
