"""Pictures from the web (httpcore), decoded and shrunk (Pillow) in processes of their own, for LVGL."""
