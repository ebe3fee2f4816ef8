"""Doctor: what of a project can be computed and written as its CRM and records are, and what to set up for the rest."""

from sync.doctor.examine import examine
from sync.doctor.model import Area, Computable, Examination, Finding, Level, Verdict

__all__ = ["Area", "Computable", "Examination", "Finding", "Level", "Verdict", "examine"]
