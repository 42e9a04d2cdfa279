"""The pictures, as Plotly figures. Colours of ink and grid are left to the page, which knows light and dark."""
