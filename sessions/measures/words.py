"""Closed lists of what a physician documents (domain 1.1 to 1.4, 3). FHIR's words where FHIR has them."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

NOT_STATED = ("", "—")


class Sex(TextChoices):
    FEMALE = "female", pgettext_lazy("sex", "female")
    MALE = "male", pgettext_lazy("sex", "male")
    OTHER = "other", pgettext_lazy("sex", "other")
    UNKNOWN = "unknown", pgettext_lazy("sex", "not known")


class CourseStatus(TextChoices):
    ACTIVE = "active", pgettext_lazy("course", "active")
    ON_HOLD = "on-hold", pgettext_lazy("course", "on hold")
    COMPLETED = "completed", pgettext_lazy("course", "completed")
    STOPPED = "stopped", pgettext_lazy("course", "stopped")
    IN_ERROR = "entered-in-error", _("entered in error")


class EndReason(TextChoices):
    COMPLETED = "completed", _("course completed")
    GOAL = "goal-reached", _("goal reached")
    NO_EFFECT = "no-effect", _("no effect")
    ADVERSE_EVENT = "adverse-event", _("adverse event")
    LEFT = "patient-left", _("patient stopped coming")
    LOST = "lost-contact", _("contact lost")
    MOVED = "moved", _("patient moved away")
    CONTRAINDICATION = "contraindication", _("contraindication found")
    OTHER = "other", pgettext_lazy("reason", "other reason")


class Status(TextChoices):
    """What happened: FHIR Procedure's words."""

    COMPLETED = "completed", pgettext_lazy("session", "completed")
    STOPPED = "stopped", pgettext_lazy("session", "stopped early")
    NOT_DONE = "not-done", pgettext_lazy("session", "not done")


PERFORMED = (Status.COMPLETED, Status.STOPPED)


class RecordStatus(TextChoices):
    """How firm the record is: FHIR Observation's words."""

    PRELIMINARY = "preliminary", pgettext_lazy("record", "draft")
    FINAL = "final", pgettext_lazy("record", "signed")
    AMENDED = "amended", pgettext_lazy("record", "amended and signed")
    IN_ERROR = "entered-in-error", _("entered in error")


SIGNED = (RecordStatus.FINAL, RecordStatus.AMENDED)


class OutcomeReason(TextChoices):
    """Why a session was stopped or not done."""

    PAIN = "pain", _("pain")
    ADVERSE_EVENT = "adverse-event", _("adverse event")
    PATIENT_WISH = "patient-wish", _("patient's wish")
    DEVICE_FAULT = "device-fault", _("device fault")
    CONTRAINDICATION = "contraindication", _("contraindication found")
    DECISION = "decision", _("physician's decision")
    ABSENT = "absent", _("patient did not come")
    OTHER = "other", pgettext_lazy("reason", "other reason")


class CoursePhase(TextChoices):
    INDUCTION = "induction", pgettext_lazy("course phase", "induction")
    MAINTENANCE = "maintenance", pgettext_lazy("course phase", "maintenance")
    RE_INDUCTION = "re-induction", pgettext_lazy("course phase", "re-induction")


class ExtractionMode(TextChoices):
    """A sweat test is not reverse iontophoresis: two sub-types, two forms (domain 0.7)."""

    REVERSE = "reverse", _("reverse extraction")
    STIMULATED = "stimulated-sweat", _("stimulated sweat (sweat test)")


class Hand(TextChoices):
    LEFT = "left", pgettext_lazy("hand", "left")
    RIGHT = "right", pgettext_lazy("hand", "right")
    BOTH = "both", pgettext_lazy("hand", "both")


class YesNo(TextChoices):
    YES = "yes", _("yes")
    NO = "no", _("no")


class Skin(TextChoices):
    INTACT = "intact", pgettext_lazy("skin", "intact")
    ERYTHEMA = "erythema", pgettext_lazy("skin", "erythema")
    LESION_COVERED = "lesion-covered", pgettext_lazy("skin", "lesion, covered")
    LESION_UNCOVERED = "lesion-uncovered", pgettext_lazy("skin", "lesion, uncovered")
    OTHER = "other", pgettext_lazy("skin", "other finding")


class MetalRemoved(TextChoices):
    YES = "yes", pgettext_lazy("jewellery", "removed")
    NO = "no", pgettext_lazy("jewellery", "not removed")
    NONE_WORN = "none-worn", pgettext_lazy("jewellery", "none worn")


class Sensation(TextChoices):
    NONE = "none", pgettext_lazy("sensation", "none")
    TINGLING = "tingling", pgettext_lazy("sensation", "tingling")
    PRICKLING = "prickling", pgettext_lazy("sensation", "prickling")
    BURNING = "burning", pgettext_lazy("sensation", "burning")
    PAIN = "pain", pgettext_lazy("sensation", "pain")


class DeviceEntryKind(TextChoices):
    """What happens to a device, as its register says it (domain 5.2, report 8)."""

    MAINTENANCE = "maintenance", pgettext_lazy("device", "maintenance")
    CHECK = "check", pgettext_lazy("device", "check")
    FAULT = "fault", pgettext_lazy("device", "fault")
    REPAIRED = "repaired", pgettext_lazy("device", "repaired")
    OUT = "out-of-service", pgettext_lazy("device", "taken out of service")
    BACK = "back-in-service", pgettext_lazy("device", "put back in service")


class EventsAnswer(TextChoices):
    """None observed is an answer, silence is not (domain A.2.7)."""

    NONE_OBSERVED = "none-observed", _("none observed")
    OBSERVED = "observed", _("observed")


class Arrangement(TextChoices):
    HAND_HAND = "hand-hand", _("hand to hand")
    FOOT_FOOT = "foot-foot", _("foot to foot")
    HAND_FOOT = "hand-foot", _("hand to foot")
    FOUR_LIMBS = "four-limbs", _("four limbs")
    AXILLA_AXILLA = "axilla-axilla", _("axilla to axilla")
    ONE_AXILLA = "one-axilla", _("both poles in one axilla")
    ACTIVE_RETURN = "active-return", _("active and return electrode")
    OTHER = "other", pgettext_lazy("arrangement", "other arrangement")


class ElectrodeType(TextChoices):
    BATH_PLATE = "bath-plate", _("bath plate (tray)")
    SPONGE_PAD = "sponge-pad", _("sponge pad")
    HYDROGEL = "hydrogel", _("adhesive hydrogel")
    CARBON_RUBBER = "carbon-rubber", _("carbon rubber")
    CUP = "cup", _("cup or disc")
    ROLLER = "roller", _("roller")
    PATCH = "patch", _("integrated patch")
    OTHER = "other", pgettext_lazy("electrode", "other electrode")


class ElectrodeMaterial(TextChoices):
    STEEL = "stainless-steel", _("stainless steel")
    ALUMINIUM = "aluminium", _("aluminium")
    CARBON = "carbon", _("carbon")
    SILVER = "ag-agcl", _("silver / silver chloride")
    PLATINUM = "platinum", _("platinum")
    COPPER = "copper", _("copper")
    OTHER = "other", pgettext_lazy("material", "other material")
    UNKNOWN = "unknown", pgettext_lazy("material", "not known")


class AreaKind(TextChoices):
    PLATE = "plate", _("metal plate")
    PAD = "pad", _("pad")
    SKIN = "skin", _("wetted skin")
    UNKNOWN = "unknown", pgettext_lazy("area", "not known")


class Medium(TextChoices):
    TAP_WATER = "tap-water", _("tap water")
    MINERAL_WATER = "mineral-water", _("mineral water")
    SALINE = "saline", _("saline")
    DRUG = "drug-solution", _("drug solution")
    GEL = "gel", _("gel")
    DRY = "dry", _("none (dry)")


class Reversal(TextChoices):
    NONE = "none", pgettext_lazy("reversal", "none")
    MANUAL = "manual", pgettext_lazy("reversal", "manual")
    AUTOMATIC = "automatic", pgettext_lazy("reversal", "automatic")
    BETWEEN = "between-sessions", pgettext_lazy("reversal", "between sessions")


class CurrentType(TextChoices):
    DC = "dc", _("direct (galvanic)")
    PULSED_DC = "pulsed-dc", _("pulsed direct")
    AC = "ac", _("alternating")
    AC_OFFSET = "ac-offset", _("alternating with direct offset")
    UNKNOWN = "unknown", pgettext_lazy("current type", "not known")


class CurrentKind(TextChoices):
    SET = "set", pgettext_lazy("current", "set")
    PLATEAU = "plateau", pgettext_lazy("current", "read at plateau")
    MAXIMUM = "maximum", pgettext_lazy("current", "maximum reached")


class CurrentReading(TextChoices):
    """On pulsed devices the display generally shows an average (domain 0.3)."""

    AVERAGE = "average", pgettext_lazy("reading", "average")
    PEAK = "peak", pgettext_lazy("reading", "peak")
    NOT_STATED = "not-stated", pgettext_lazy("reading", "not stated")


class Moment(TextChoices):
    BEFORE = "before", _("before the session")
    DURING = "during", _("during the session")
    AFTER = "after", _("after the session")


class Rater(TextChoices):
    PHYSICIAN = "physician", pgettext_lazy("rater", "physician")
    PATIENT = "patient", pgettext_lazy("rater", "patient")
    STAFF = "staff", pgettext_lazy("rater", "staff")
    DEVICE = "device", pgettext_lazy("rater", "instrument")


class Position(TextChoices):
    STANDING_RELAXED = "standing-relaxed", _("standing, relaxed")
    STANDING_CONTRACTED = "standing-contracted", _("standing, contracted")
    LYING = "lying", _("lying")


class Sufficiency(TextChoices):
    SUFFICIENT = "sufficient", pgettext_lazy("sample", "sufficient")
    INSUFFICIENT = "insufficient", pgettext_lazy("sample", "insufficient (QNS)")
    CONTAMINATED = "contaminated", pgettext_lazy("sample", "contaminated")
    EVAPORATED = "evaporated", pgettext_lazy("sample", "evaporated or leaked")
    LOST = "lost", pgettext_lazy("sample", "lost")


class Collector(TextChoices):
    COIL = "coil", _("coil")
    GAUZE = "gauze", _("gauze or filter paper")
    HYDROGEL = "hydrogel", pgettext_lazy("collector", "hydrogel")
    CHAMBER = "chamber", _("chamber")
    BIOSENSOR = "biosensor", _("biosensor")


class AssayMethod(TextChoices):
    COULOMETRY = "coulometry", _("coulometry")
    ISE = "ise", _("ion-selective electrode")
    CONDUCTIVITY = "conductivity", _("conductivity")
    ION_CHROMATOGRAPHY = "ion-chromatography", _("ion chromatography")
    HPLC = "hplc", _("HPLC")
    ENZYMATIC = "enzymatic", _("enzymatic sensor")
    OTHER = "other", pgettext_lazy("assay", "other method")


class Comparator(TextChoices):
    EQUAL = "=", _("= exactly")
    LESS = "<", _("< less than")
    MORE = ">", _("> more than")


class Calibration(TextChoices):
    NONE = "none", pgettext_lazy("calibration", "none")
    BLOOD = "blood", _("blood value")
    INTERNAL = "internal-standard", _("internal standard")


class EventTerm(TextChoices):
    TINGLING = "tingling", _("tingling or prickling")
    BURNING = "burning-feeling", _("burning feeling")
    PAIN = "pain", pgettext_lazy("event", "pain")
    ERYTHEMA = "erythema", pgettext_lazy("event", "erythema")
    ITCH = "itch", _("itch")
    DRYNESS = "dryness", _("dryness or cracks")
    URTICARIA = "urticaria", _("urticaria or weals")
    VESICLES = "vesicles", _("vesicles or blisters")
    WATER_LINE = "water-line-irritation", _("irritation at the water line")
    CURRENT_MARKS = "current-marks", _("punctate current marks")
    BURN_1 = "burn-1", _("burn, first degree")
    BURN_2 = "burn-2", _("burn, second degree")
    BURN_3 = "burn-3", _("burn, third degree")
    BRUISE = "bruise", _("bruise")
    PIGMENT_TEMPORARY = "pigment-temporary", _("pigmentation, temporary")
    PIGMENT_LASTING = "pigment-lasting", _("pigmentation, lasting")
    SHOCK_FEELING = "shock-feeling", _("electric shock when the circuit was broken")
    DRY_MOUTH = "dry-mouth", _("dry mouth or throat")
    BLURRED_VISION = "blurred-vision", _("blurred vision")
    URINARY = "urinary-difficulty", _("difficulty passing urine")
    TACHYCARDIA = "tachycardia", _("rapid heart beat")
    FAINTNESS = "faintness", _("faintness")
    PALPITATIONS = "palpitations", _("palpitations")
    ALLERGY = "allergic-reaction", _("allergic reaction")
    DEVICE_SHOCK = "device-shock", _("device: shock")
    DEVICE_DISPLAY = "device-display", _("device: display fault")
    DEVICE_BARE = "device-bare-electrode", _("device: burn from a bare electrode")
    DEVICE_LEAD = "device-lead", _("device: lead failure")
    OTHER = "other", pgettext_lazy("event", "other event")


class UnderElectrode(TextChoices):
    ANODE = "anode", _("under the anode (+)")
    CATHODE = "cathode", _("under the cathode (−)")
    RETURN = "return", _("under the return electrode")
    WATER_LINE = "water-line", _("at the water line")
    ELSEWHERE = "elsewhere", _("elsewhere")


class Onset(TextChoices):
    DURING = "during", _("during the session (minutes)")
    HOURS = "hours-after", _("after the session (hours)")
    DAYS = "days-after", _("after the session (days)")


class DetectedBy(TextChoices):
    PATIENT = "patient", pgettext_lazy("detected by", "patient")
    STAFF = "staff", pgettext_lazy("detected by", "staff")
    PHYSICIAN = "physician", pgettext_lazy("detected by", "physician")


class Severity(TextChoices):
    """How intense it was; not how serious (domain A.2.10)."""

    MILD = "mild", _("mild")
    MODERATE = "moderate", _("moderate")
    SEVERE = "severe", _("severe")


class SeriousCriterion(TextChoices):
    DEATH = "death", _("death")
    LIFE = "life-threatening", _("life-threatening")
    HOSPITAL = "hospital", _("hospital stay")
    DISABILITY = "disability", _("disability")
    BIRTH_DEFECT = "birth-defect", _("birth defect")
    INTERVENTION = "intervention", _("intervention to prevent harm")


class Relatedness(TextChoices):
    CERTAIN = "certain", _("certain")
    PROBABLE = "probable", _("probable or likely")
    POSSIBLE = "possible", _("possible")
    UNLIKELY = "unlikely", _("unlikely")
    CONDITIONAL = "conditional", _("conditional")
    UNASSESSABLE = "unassessable", _("cannot be assessed")


class EventAction(TextChoices):
    NONE = "none", pgettext_lazy("action", "none")
    CURRENT_REDUCED = "current-reduced", _("current reduced")
    STOPPED = "session-stopped", _("session stopped")
    PAUSED = "sessions-paused", _("next sessions paused")
    COURSE_ENDED = "course-ended", _("course ended")
    LOCAL_CARE = "local-care", _("local care")
    MEDICINE = "medicine", _("medicine")
    REFERRAL = "referral", _("referral")
    HOSPITAL = "hospital", pgettext_lazy("action", "hospital")


class EventOutcome(TextChoices):
    RESOLVED = "resolved", _("resolved")
    RECOVERING = "recovering", _("recovering")
    ONGOING = "ongoing", _("ongoing")
    SEQUELAE = "sequelae", _("resolved with lasting effects")
    FATAL = "fatal", _("fatal")
    UNKNOWN = "unknown", pgettext_lazy("outcome", "not known")


class Meaning(TextChoices):
    """What a signature says (21 CFR 11.50)."""

    AUTHORSHIP = "authorship", _("authorship")
    LATE_RECORD = "late-record", _("authorship of a late record")
    AMENDMENT = "amendment", _("amendment")
    ADDENDUM = "addendum", _("addendum")
    REVIEW = "review", _("review")
    IN_ERROR = "entered-in-error", _("entered in error")
