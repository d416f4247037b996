"""Documents made from the register: PDF, Word and Excel from one and the same content."""

from .excel import excel
from .paper import Paper, Section, Sheet, Table
from .pdf import pdf, pdf_of
from .word import word

__all__ = ["Paper", "Section", "Sheet", "Table", "excel", "pdf", "pdf_of", "word"]
